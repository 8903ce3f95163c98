// pattern: Hono route: uses left read with Drizzle, decremented copy written back
import { Hono } from 'hono';
import { eq } from 'drizzle-orm';
import { db } from './db';
import { coupons, redemptions } from './schema';

export const app = new Hono();

app.post('/coupons/:code/redeem', async (c) => {
  const code = c.req.param('code');
  const { cartId } = await c.req.json<{ cartId: string }>();
  const [coupon] = await db.select().from(coupons).where(eq(coupons.code, code)).limit(1);
  if (!coupon || coupon.usesLeft <= 0) {
    return c.json({ error: 'not redeemable' }, 410);
  }
  await db.update(coupons).set({ usesLeft: coupon.usesLeft - 1 }).where(eq(coupons.code, code)); // RACE: lost-update
  await db.insert(redemptions).values({ code, cartId });
  return c.json({ discount: coupon.discount });
});
