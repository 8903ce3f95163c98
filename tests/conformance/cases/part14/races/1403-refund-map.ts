import { Pool } from 'pg';
const pool = new Pool();
export async function refund(items: { sku: string; n: number }[]) {
  const { rows } = await pool.query('SELECT sku, qty FROM stock WHERE warehouse = 1');
  const bySku = new Map<string, { sku: string; qty: number }>();
  for (const r of rows) bySku.set(r.sku, r);
  for (const item of items) {
    const row = bySku.get(item.sku);
    if (!row) continue;
    await pool.query('UPDATE stock SET qty = $1 WHERE sku = $2', [row.qty + item.n, row.sku]); // RACE: lost-update
  }
}
