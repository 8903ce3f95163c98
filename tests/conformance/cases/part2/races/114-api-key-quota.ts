// pattern: synchronous driver, but an await lies between the SELECT and the UPDATE
import Database from 'better-sqlite3';
import { Hono } from 'hono';
import { lookupReputation } from './reputation';

const db = new Database('keys.db');
const selectKey = db.prepare('SELECT used, quota FROM api_keys WHERE key = ?');
const setUsed = db.prepare('UPDATE api_keys SET used = ? WHERE key = ?');

export const app = new Hono();

app.get('/v1/lookup/:domain', async (c) => {
  const key = c.req.header('x-api-key') ?? '';
  const row = selectKey.get(key) as { used: number; quota: number } | undefined;
  if (!row) return c.json({ error: 'unknown key' }, 401);
  if (row.used >= row.quota) return c.json({ error: 'quota exhausted' }, 429);

  const reputation = await lookupReputation(c.req.param('domain'));
  setUsed.run(row.used + 1, key); // RACE: lost-update
  return c.json({ reputation, remaining: row.quota - row.used - 1 });
});
