import { neon } from '@neondatabase/serverless';
const sql = neon(process.env.DATABASE_URL!);
export async function take(id: number) {
  const [row] = await sql`SELECT stock FROM items WHERE id = ${id}`;
  if (row.stock < 1) return false;
  await sql`UPDATE items SET stock = ${row.stock - 1} WHERE id = ${id}`; // RACE: lost-update
  return true;
}
