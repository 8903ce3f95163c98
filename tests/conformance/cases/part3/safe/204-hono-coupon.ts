// pattern: decrement with the condition in WHERE; returning() decides
import { Hono } from 'hono';
import { and, eq, gt, sql } from 'drizzle-orm';
import { db } from './db';
import { coupons, redemptions } from './schema';

export const app = new Hono();

app.post('/coupons/:code/redeem', async (c) => {
  const code = c.req.param('code');
  const { cartId } = await c.req.json<{ cartId: string }>();
  const [coupon] = await db
    .update(coupons)
    .set({ usesLeft: sql`${coupons.usesLeft} - 1` })
    .where(and(eq(coupons.code, code), gt(coupons.usesLeft, 0)))
    .returning();
  if (!coupon) {
    return c.json({ error: 'not redeemable' }, 410);
  }
  await db.insert(redemptions).values({ code, cartId });
  return c.json({ discount: coupon.discount });
});
