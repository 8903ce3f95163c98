// pattern: Drizzle transaction without an isolation level: quota read, compared, written plus one
import { eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import postgres from 'postgres';

const plans = pgTable('plans', {
  org: text('org').primaryKey(),
  used: integer('used').notNull(),
  allowed: integer('allowed').notNull(),
});

const db = drizzle(postgres(process.env.DATABASE_URL!));

export async function consume(org: string): Promise<boolean> {
  return db.transaction(async (tx) => {
    const [plan] = await tx.select().from(plans).where(eq(plans.org, org));
    if (!plan || plan.used >= plan.allowed) return false;
    await tx.update(plans).set({ used: plan.used + 1 }).where(eq(plans.org, org)); // RACE: lost-update
    return true;
  });
}
