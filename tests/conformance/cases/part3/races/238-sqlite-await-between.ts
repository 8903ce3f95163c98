// pattern: better-sqlite3 is synchronous, but an await stands between SELECT and UPDATE
import Database from 'better-sqlite3';
import { geoip } from './geoip';

const db = new Database('links.db');
const select = db.prepare('SELECT hits FROM links WHERE slug = ?');
const update = db.prepare('UPDATE links SET hits = ?, last_country = ? WHERE slug = ?');

export async function follow(slug: string, ip: string): Promise<void> {
  const row = select.get(slug) as { hits: number } | undefined;
  if (!row) throw new Error('unknown link');
  const country = await geoip.lookup(ip);
  update.run(row.hits + 1, country, slug); // RACE: lost-update
}
