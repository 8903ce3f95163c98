// pattern: Hono and Drizzle: redemptions read, limit compared, read value plus one written
import { Hono } from 'hono';
import { zValidator } from '@hono/zod-validator';
import { z } from 'zod';
import { eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { coupons, redemptions } from './schema';

const db = drizzle(process.env.DATABASE_URL!);
const input = z.object({ code: z.string(), orderId: z.string().uuid() });

export const app = new Hono().post('/redeem', zValidator('json', input), async (c) => {
  const { code, orderId } = c.req.valid('json');
  const [coupon] = await db.select().from(coupons).where(eq(coupons.code, code)).limit(1);
  if (!coupon) return c.json({ error: 'unknown' }, 404);
  if (coupon.uses >= coupon.maxUses) return c.json({ error: 'used up' }, 409);
  await db.insert(redemptions).values({ code, orderId });
  await db.update(coupons).set({ uses: coupon.uses + 1 }).where(eq(coupons.code, code)); // RACE: lost-update
  return c.json({ percent: coupon.percent });
});
