import { createClient } from '@libsql/client';
const db = createClient({ url: process.env.URL! });
export async function take(id: number) {
  const tx = await db.transaction('write');
  try {
    const rs = await tx.execute({ sql: 'SELECT stock FROM items WHERE id = ?', args: [id] });
    const stock = rs.rows[0].stock as number;
    if (stock < 1) return false;
    await tx.execute({ sql: 'UPDATE items SET stock = ? WHERE id = ?', args: [stock - 1, id] });
    await tx.commit();
    return true;
  } finally {
    tx.close();
  }
}
