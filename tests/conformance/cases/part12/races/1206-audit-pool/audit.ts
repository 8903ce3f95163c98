import { pool } from './db';

export async function audit(actor: string, action: string): Promise<void> {
  const client = await pool.connect(); // RACE: deadlock
  try {
    await client.query('INSERT INTO audit (actor, action) VALUES ($1, $2)', [actor, action]);
  } finally {
    client.release();
  }
}
