// pattern: SELECT, then INSERT and a welcome mail; subscribers.email is indexed but not unique
import Router from '@koa/router';
import { Pool } from 'pg';
import { sendMail } from './mailer';

const pool = new Pool();
export const router = new Router({ prefix: '/newsletter' });

router.post('/subscribe', async (ctx) => {
  const { email, locale = 'en' } = ctx.request.body as { email: string; locale?: string };
  const normalized = email.trim().toLowerCase();

  const existing = await pool.query('SELECT id FROM subscribers WHERE email = $1', [normalized]);
  if (existing.rowCount) {
    ctx.status = 200;
    ctx.body = { status: 'already-subscribed' };
    return;
  }

  await pool.query('INSERT INTO subscribers (email, locale) VALUES ($1, $2)', [normalized, locale]); // RACE: check-then-act
  await sendMail(normalized, `welcome.${locale}`);
  ctx.status = 201;
  ctx.body = { status: 'subscribed' };
});
