import { Pool } from 'pg';
const pool = new Pool();
export async function charge(lines: { sku: string; qty: number }[]) {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const { rows } = await client.query('SELECT sku, qty FROM stock WHERE sku = ANY($1) ORDER BY sku FOR UPDATE', [lines.map((l) => l.sku)]);
    const bySku = new Map(rows.map((r) => [r.sku, r]));
    for (const line of lines) {
      const row = bySku.get(line.sku);
      if (!row || row.qty < line.qty) throw new Error('insufficient');
      await client.query('UPDATE stock SET qty = qty - $1 WHERE sku = $2', [line.qty, line.sku]);
    }
    await client.query('COMMIT');
  } catch (e) { await client.query('ROLLBACK'); throw e; } finally { client.release(); }
}
