// pattern: number taken with a pre-increment in the same tick; a gap after a failed write is accepted
import { writeFile } from 'node:fs/promises';
import path from 'node:path';

export interface Draft {
  customer: string;
  totalCents: number;
}

const FOLDER = process.env.INVOICE_FOLDER ?? './invoices';
let lastNumber = 1000;

export async function issueInvoice(draft: Draft): Promise<number> {
  const number = ++lastNumber;
  const text = JSON.stringify({ number, ...draft });
  await writeFile(path.join(FOLDER, `${number}.json`), text, 'utf8');
  return number;
}
