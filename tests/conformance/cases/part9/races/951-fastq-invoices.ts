// pattern: fastq with a concurrency of four: the number of the next invoice is read, the ledger awaited, the number moved on
import * as fastq from 'fastq';
import type { queueAsPromised } from 'fastq';
import { ledger } from './ledger';

interface Task {
  customer: string;
  cents: number;
}

let nextNumber = 1;

async function issue({ customer, cents }: Task): Promise<number> {
  const number = nextNumber;
  await ledger.write({ number, customer, cents });
  nextNumber = number + 1; // RACE: lost-update
  return number;
}

const queue: queueAsPromised<Task, number> = fastq.promise(issue, 4);

export const invoice = (customer: string, cents: number): Promise<number> => queue.push({ customer, cents });
