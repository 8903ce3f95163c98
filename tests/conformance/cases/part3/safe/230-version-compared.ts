// pattern: the version is compared in WHERE; no row means another try
import { Pool } from 'pg';

const pool = new Pool();

export async function appendParagraph(docId: string, text: string): Promise<number> {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const { rows } = await pool.query('SELECT body, version FROM documents WHERE id = $1', [docId]);
    if (rows.length === 0) throw new Error('no such document');
    const { body, version } = rows[0];
    const { rowCount } = await pool.query(
      'UPDATE documents SET body = $2, version = version + 1 WHERE id = $1 AND version = $3',
      [docId, `${body}\n\n${text}`, version],
    );
    if (rowCount === 1) return version + 1;
  }
  throw new Error('document is contended');
}
