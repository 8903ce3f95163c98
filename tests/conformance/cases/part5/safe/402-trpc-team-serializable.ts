import { initTRPC, TRPCError } from '@trpc/server';
import { count, eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { integer, pgTable, serial, text } from 'drizzle-orm/pg-core';
import { z } from 'zod';

const members = pgTable('members', {
  id: serial('id').primaryKey(),
  teamId: integer('team_id').notNull(),
  email: text('email').notNull(),
});
const db = drizzle(process.env.DATABASE_URL!);
const t = initTRPC.create();
const SEATS = 5;

export const teamRouter = t.router({
  invite: t.procedure.input(z.object({ teamId: z.number(), email: z.string() })).mutation(({ input }) =>
    db.transaction(
      async (tx) => {
        const [taken] = await tx.select({ n: count() }).from(members).where(eq(members.teamId, input.teamId));
        if ((taken?.n ?? 0) >= SEATS) throw new TRPCError({ code: 'CONFLICT' });
        const [row] = await tx.insert(members).values({ teamId: input.teamId, email: input.email }).returning();
        return row;
      },
      { isolationLevel: 'serializable' },
    ),
  ),
});
