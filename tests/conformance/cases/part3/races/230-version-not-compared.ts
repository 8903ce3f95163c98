// pattern: the version is read and written, but no WHERE compares it
import { Pool } from 'pg';

const pool = new Pool();

export async function appendParagraph(docId: string, text: string): Promise<number> {
  const { rows } = await pool.query('SELECT body, version FROM documents WHERE id = $1', [docId]);
  if (rows.length === 0) throw new Error('no such document');
  const { body, version } = rows[0];
  await pool.query('UPDATE documents SET body = $2, version = $3 WHERE id = $1', [docId, `${body}\n\n${text}`, version + 1]); // RACE: lost-update
  return version + 1;
}
