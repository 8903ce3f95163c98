// pattern: rows locked FOR UPDATE in the order of the request: two orders for A,B and B,A wait for each other
import { Pool } from 'pg';

const pool = new Pool();

export async function swapShifts(first: string, second: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const a = await client.query('SELECT nurse_id FROM shifts WHERE id = $1 FOR UPDATE', [first]);
    const b = await client.query('SELECT nurse_id FROM shifts WHERE id = $1 FOR UPDATE', [second]); // RACE: deadlock
    await client.query('UPDATE shifts SET nurse_id = $2 WHERE id = $1', [first, b.rows[0].nurse_id]);
    await client.query('UPDATE shifts SET nurse_id = $2 WHERE id = $1', [second, a.rows[0].nurse_id]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}
