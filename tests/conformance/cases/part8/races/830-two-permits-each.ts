// pattern: every export takes two permits of a pool of two, one after the other
import { Semaphore } from 'async-mutex';
import { warehouse } from './warehouse';

const connections = new Semaphore(2);

export async function exportTable(table: string, target: string): Promise<number> {
  const [, releaseSource] = await connections.acquire();
  try {
    const rows = await warehouse.read(table);
    const [, releaseTarget] = await connections.acquire(); // RACE: deadlock
    try {
      return await warehouse.write(target, rows);
    } finally {
      releaseTarget();
    }
  } finally {
    releaseSource();
  }
}
