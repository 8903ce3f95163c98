// pattern: the same transaction is serializable and tried again
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

async function once(org: string): Promise<boolean> {
  return db.transaction(
    async (tx) => {
      const [plan] = await tx.select().from(plans).where(eq(plans.org, org));
      if (!plan || plan.used >= plan.allowed) return false;
      await tx.update(plans).set({ used: plan.used + 1 }).where(eq(plans.org, org));
      return true;
    },
    { isolationLevel: 'serializable' },
  );
}

export async function consume(org: string): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(org);
    } catch (error) {
      if ((error as { code?: string }).code !== '40001' || attempt === 5) throw error;
    }
  }
}
