// pattern: the smaller id is locked first
import { Pool } from 'pg';

const pool = new Pool();

export async function swapShifts(first: string, second: string): Promise<void> {
  const [low, high] = first < second ? [first, second] : [second, first];
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const a = await client.query('SELECT nurse_id FROM shifts WHERE id = $1 FOR UPDATE', [low]);
    const b = await client.query('SELECT nurse_id FROM shifts WHERE id = $1 FOR UPDATE', [high]);
    await client.query('UPDATE shifts SET nurse_id = $2 WHERE id = $1', [low, b.rows[0].nurse_id]);
    await client.query('UPDATE shifts SET nurse_id = $2 WHERE id = $1', [high, a.rows[0].nurse_id]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}
