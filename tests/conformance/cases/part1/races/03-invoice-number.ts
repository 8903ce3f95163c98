// pattern: next number computed from a module variable that is advanced only after the journal write
import { appendFile } from 'node:fs/promises';

export interface Draft {
  customer: string;
  totalCents: number;
}

const JOURNAL = process.env.INVOICE_JOURNAL ?? './invoices.ndjson';
let lastNumber = 1000;

export async function issueInvoice(draft: Draft): Promise<number> {
  const number = lastNumber + 1;
  const line = JSON.stringify({ number, ...draft });
  await appendFile(JOURNAL, `${line}\n`, 'utf8');
  lastNumber = number; // RACE: lost-update
  return number;
}

export const currentNumber = (): number => lastNumber;
