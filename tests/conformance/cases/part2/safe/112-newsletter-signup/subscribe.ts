// pattern: INSERT ... ON CONFLICT DO NOTHING under a unique index; only the call that inserted sends the mail
import Router from '@koa/router';
import { Pool } from 'pg';
import { sendMail } from './mailer';

const pool = new Pool();
export const router = new Router({ prefix: '/newsletter' });

router.post('/subscribe', async (ctx) => {
  const { email, locale = 'en' } = ctx.request.body as { email: string; locale?: string };
  const normalized = email.trim().toLowerCase();

  const inserted = await pool.query(
    'INSERT INTO subscribers (email, locale) VALUES ($1, $2) ON CONFLICT (email) DO NOTHING RETURNING id',
    [normalized, locale],
  );
  if (inserted.rowCount === 0) {
    ctx.status = 200;
    ctx.body = { status: 'already-subscribed' };
    return;
  }

  await sendMail(normalized, `welcome.${locale}`);
  ctx.status = 201;
  ctx.body = { status: 'subscribed' };
});
