// pattern: asynchronous data listener of a stream: the end event stores the sum while rows are still being priced
import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { pricing, reports } from './services';

interface Row {
  sku: string;
  amount: number;
}

export function importFile(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let total = 0;
    const rows = createReadStream(path).pipe(parse({ columns: true }));
    rows.on('data', async (row: Row) => {
      const price = await pricing.of(row.sku);
      total += price * row.amount; // RACE: order-violation
    });
    rows.on('error', reject);
    rows.on('end', async () => {
      await reports.save(path, total); // RACE: order-violation
      resolve(total); // RACE: order-violation
    });
  });
}
