import { createClient } from '@libsql/client';
const db = createClient({ url: process.env.URL! });
export async function take(id: number) {
  const rs = await db.execute({ sql: 'SELECT stock FROM items WHERE id = ?', args: [id] });
  const stock = rs.rows[0].stock as number;
  if (stock < 1) return false;
  await db.execute({ sql: 'UPDATE items SET stock = ? WHERE id = ?', args: [stock - 1, id] }); // RACE: lost-update
  return true;
}
