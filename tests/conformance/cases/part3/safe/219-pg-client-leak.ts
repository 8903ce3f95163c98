// pattern: everything after connect() lies inside the try whose finally releases
import { Pool } from 'pg';

const pool = new Pool({ max: 10 });

export async function rename(projectId: string, name: string): Promise<boolean> {
  const client = await pool.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM projects WHERE id = $1', [projectId]);
    if (rowCount === 0) {
      return false;
    }
    await client.query('UPDATE projects SET name = $2 WHERE id = $1', [projectId, name]);
    return true;
  } finally {
    client.release();
  }
}
