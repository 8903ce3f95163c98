// pattern: the card is read FOR UPDATE in the same transaction
import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { zValidator } from '@hono/zod-validator';
import { z } from 'zod';
import { sql } from './db.js';
import { findCard, recordUse, setBalance } from './gift-cards.repo.js';

const redeemBody = z.object({ orderId: z.string().uuid(), cents: z.number().int().positive() });

export const app = new Hono().basePath('/v1');

app.post('/gift-cards/:code/redeem', zValidator('json', redeemBody), async (c) => {
  const code = c.req.param('code');
  const { orderId, cents } = c.req.valid('json');
  const left = await sql.begin(async (tx) => {
    const card = await findCard(tx, code);
    if (!card) throw new HTTPException(404, { message: 'no such card' });
    if (card.expiresAt && card.expiresAt < new Date()) throw new HTTPException(410, { message: 'expired' });
    if (card.balanceCents < cents) throw new HTTPException(402, { message: 'not enough on the card' });
    const rest = card.balanceCents - cents;
    await setBalance(tx, code, rest);
    await recordUse(tx, code, orderId, cents);
    return rest;
  });
  return c.json({ left });
});

export default app;
