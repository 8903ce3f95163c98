import { Pool } from 'pg';

const pool = new Pool();

export async function goOffCall(shift: string, doctor: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    const { rows } = await client.query('SELECT count(*) AS n FROM doctors WHERE shift = $1 AND on_call', [shift]);
    if (Number(rows[0].n) < 2) throw new Error('somebody has to stay');
    await client.query('UPDATE doctors SET on_call = false WHERE shift = $1 AND name = $2', [shift, doctor]); // RACE: write-skew
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}
