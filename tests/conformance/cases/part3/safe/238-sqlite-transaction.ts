// pattern: awaits first; SELECT and UPDATE in one synchronous transaction
import Database from 'better-sqlite3';
import { geoip } from './geoip';

const db = new Database('links.db');
const select = db.prepare('SELECT hits FROM links WHERE slug = ?');
const update = db.prepare('UPDATE links SET hits = ?, last_country = ? WHERE slug = ?');

const count = db.transaction((slug: string, country: string) => {
  const row = select.get(slug) as { hits: number } | undefined;
  if (!row) throw new Error('unknown link');
  update.run(row.hits + 1, country, slug);
});

export async function follow(slug: string, ip: string): Promise<void> {
  const country = await geoip.lookup(ip);
  count(slug, country);
}
