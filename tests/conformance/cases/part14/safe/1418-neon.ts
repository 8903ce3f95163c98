import { neon } from '@neondatabase/serverless';
const sql = neon(process.env.DATABASE_URL!);
export async function take(id: number) {
  const rows = await sql`UPDATE items SET stock = stock - 1 WHERE id = ${id} AND stock > 0 RETURNING stock`;
  return rows.length > 0;
}
export async function move(from: number, to: number) {
  await sql.transaction([
    sql`UPDATE items SET stock = stock - 1 WHERE id = ${from}`,
    sql`UPDATE items SET stock = stock + 1 WHERE id = ${to}`,
  ]);
}
