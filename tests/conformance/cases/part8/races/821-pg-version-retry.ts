// pattern: pg: document merged in JavaScript, version raised but not compared
import { Pool } from 'pg';

const pool = new Pool();

type Settings = Record<string, unknown>;

export async function patchSettings(id: string, patch: Settings): Promise<Settings> {
  let attempts = 3;
  while (attempts-- > 0) {
    const {
      rows: [current],
    } = await pool.query<{ body: Settings; version: number }>('SELECT body, version FROM settings WHERE id = $1', [id]);
    const merged = { ...current.body, ...patch };
    const { rowCount } = await pool.query(
      'UPDATE settings SET body = $1, version = version + 1 WHERE id = $2', // RACE: lost-update
      [merged, id],
    );
    if (rowCount === 1) return merged;
  }
  throw new Error(`settings ${id} keep changing`);
}
