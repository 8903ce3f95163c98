// pattern: session advisory lock and client are given back on the happy path only
import { Pool } from 'pg';
import { searchIndex } from './search-index';

const pool = new Pool({ max: 5 });
const REINDEX_LOCK = 7_301;

export async function reindex(collection: string): Promise<'busy' | number> {
  const client = await pool.connect(); // RACE: lock-leak
  const { rows } = await client.query('SELECT pg_try_advisory_lock($1) AS locked', [REINDEX_LOCK]); // RACE: lock-leak
  if (!rows[0].locked) {
    client.release();
    return 'busy';
  }
  const { rows: docs } = await client.query('SELECT id, body FROM documents WHERE collection = $1', [collection]);
  await searchIndex.replaceAll(collection, docs);
  await client.query('SELECT pg_advisory_unlock($1)', [REINDEX_LOCK]);
  client.release();
  return docs.length;
}
