// pattern: both permits are taken at once
import { Semaphore } from 'async-mutex';
import { warehouse } from './warehouse';

const connections = new Semaphore(2);

export async function exportTable(table: string, target: string): Promise<number> {
  const [, release] = await connections.acquire(2);
  try {
    const rows = await warehouse.read(table);
    return await warehouse.write(target, rows);
  } finally {
    release();
  }
}
