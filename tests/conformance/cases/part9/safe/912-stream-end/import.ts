// pattern: for await goes through the rows, so the sum is complete when it is stored
import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { pricing, reports } from './services';

interface Row {
  sku: string;
  amount: number;
}

export async function importFile(path: string): Promise<number> {
  let total = 0;
  const rows: AsyncIterable<Row> = createReadStream(path).pipe(parse({ columns: true }));
  for await (const row of rows) {
    const price = await pricing.of(row.sku);
    total += price * row.amount;
  }
  await reports.save(path, total);
  return total;
}
