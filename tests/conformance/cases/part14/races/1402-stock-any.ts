import { Pool } from 'pg';
const pool = new Pool();
export async function charge(lines: { sku: string; qty: number }[]) {
  const { rows } = await pool.query('SELECT sku, qty FROM stock WHERE sku = ANY($1)', [lines.map((l) => l.sku)]);
  for (const line of lines) {
    const row = rows.find((r) => r.sku === line.sku);
    if (!row || row.qty < line.qty) throw new Error('insufficient');
    await pool.query('UPDATE stock SET qty = qty - $1 WHERE sku = $2', [line.qty, line.sku]); // RACE: check-then-act
  }
}
