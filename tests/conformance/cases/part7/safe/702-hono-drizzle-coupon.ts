// pattern: one conditional UPDATE with the addition in SQL; no row returned means used up
import { Hono } from 'hono';
import { zValidator } from '@hono/zod-validator';
import { z } from 'zod';
import { and, eq, lt, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { coupons, redemptions } from './schema';

const db = drizzle(process.env.DATABASE_URL!);
const input = z.object({ code: z.string(), orderId: z.string().uuid() });

export const app = new Hono().post('/redeem', zValidator('json', input), async (c) => {
  const { code, orderId } = c.req.valid('json');
  const percent = await db.transaction(async (tx) => {
    const [taken] = await tx
      .update(coupons)
      .set({ uses: sql`${coupons.uses} + 1` })
      .where(and(eq(coupons.code, code), lt(coupons.uses, coupons.maxUses)))
      .returning({ percent: coupons.percent });
    if (!taken) return undefined;
    await tx.insert(redemptions).values({ code, orderId });
    return taken.percent;
  });
  return percent === undefined ? c.json({ error: 'not available' }, 409) : c.json({ percent });
});
