// pattern: session advisory lock and client are given back in finally
import { Pool } from 'pg';
import { searchIndex } from './search-index';

const pool = new Pool({ max: 5 });
const REINDEX_LOCK = 7_301;

export async function reindex(collection: string): Promise<'busy' | number> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query('SELECT pg_try_advisory_lock($1) AS locked', [REINDEX_LOCK]);
    if (!rows[0].locked) return 'busy';
    try {
      const { rows: docs } = await client.query('SELECT id, body FROM documents WHERE collection = $1', [collection]);
      await searchIndex.replaceAll(collection, docs);
      return docs.length;
    } finally {
      await client.query('SELECT pg_advisory_unlock($1)', [REINDEX_LOCK]);
    }
  } finally {
    client.release();
  }
}
