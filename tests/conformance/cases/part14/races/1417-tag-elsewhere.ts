import sql from '../sql';
export async function take(id: number) {
  const [row] = await sql`SELECT id, stock FROM items WHERE id = ${id}`;
  if (!row || row.stock < 1) return false;
  await sql`UPDATE items SET stock = stock - 1 WHERE id = ${id}`; // RACE: check-then-act
  return true;
}
