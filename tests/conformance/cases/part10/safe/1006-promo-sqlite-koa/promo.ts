// pattern: the screening comes first; look-up and update run in one immediate transaction without an await
import Router from '@koa/router';
import Database from 'better-sqlite3';
import { screenCustomer } from './screening';

const db = new Database(process.env.SQLITE_FILE ?? 'promo.db');
db.pragma('journal_mode = WAL');
db.exec(`
  CREATE TABLE IF NOT EXISTS promotions (code TEXT PRIMARY KEY, remaining INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS redemptions (code TEXT, customer_id TEXT, at INTEGER);
`);

const byCode = db.prepare<[string], { remaining: number }>('SELECT remaining FROM promotions WHERE code = ?');
const setRemaining = db.prepare('UPDATE promotions SET remaining = @remaining WHERE code = @code');
const redeem = db.prepare('INSERT INTO redemptions (code, customer_id, at) VALUES (?, ?, ?)');

const take = db.transaction((code: string, customerId: string): boolean => {
  const promotion = byCode.get(code);
  if (!promotion || promotion.remaining === 0) return false;
  setRemaining.run({ code, remaining: promotion.remaining - 1 });
  redeem.run(code, customerId, Date.now());
  return true;
});

export const router = new Router({ prefix: '/promotions' });

router.post('/:code/redeem', async (ctx) => {
  const { code } = ctx.params;
  const customerId = ctx.state.user.id as string;

  const verdict = await screenCustomer(customerId);
  if (verdict === 'deny') ctx.throw(403);

  if (!take.immediate(code, customerId)) ctx.throw(410, 'sold out');
  ctx.status = 204;
});
