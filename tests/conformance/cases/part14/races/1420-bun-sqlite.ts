import { Database } from 'bun:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
const db = new Database('app.db');
export async function take(id: number) {
  const row = db.query('SELECT stock FROM items WHERE id = ?').get(id) as { stock: number };
  if (row.stock < 1) return false;
  await sleep(5);
  db.query('UPDATE items SET stock = ? WHERE id = ?').run(row.stock - 1, id); // RACE: lost-update
  return true;
}
