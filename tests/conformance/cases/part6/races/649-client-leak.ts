import { Pool } from 'pg';

const pool = new Pool({ max: 5 });

export async function rename(id: string, name: string): Promise<void> {
  const client = await pool.connect(); // RACE: lock-leak
  await client.query('BEGIN');
  await client.query('UPDATE projects SET name = $1 WHERE id = $2', [name, id]);
  await client.query('COMMIT');
  client.release();
}
