// pattern: $transaction([...]) makes the two writes atomic, but the values come from reads before it
import { PrismaClient } from '@prisma/client';
import { TRPCError } from '@trpc/server';
import { z } from 'zod';
import { protectedProcedure, router } from '../trpc';

const db = new PrismaClient();

const TransferInput = z.object({
  fromId: z.string().uuid(),
  toId: z.string().uuid(),
  amount: z.number().int().positive(),
});

export const walletRouter = router({
  transfer: protectedProcedure.input(TransferInput).mutation(async ({ input }) => {
    const { fromId, toId, amount } = input;
    const [from, to] = await Promise.all([
      db.wallet.findUniqueOrThrow({ where: { id: fromId } }),
      db.wallet.findUniqueOrThrow({ where: { id: toId } }),
    ]);
    if (from.balance < amount) {
      throw new TRPCError({ code: 'BAD_REQUEST', message: 'insufficient balance' });
    }
    await db.$transaction([
      db.wallet.update({ where: { id: fromId }, data: { balance: from.balance - amount } }), // RACE: lost-update
      db.wallet.update({ where: { id: toId }, data: { balance: to.balance + amount } }), // RACE: lost-update
    ]);
    return { ok: true };
  }),
});
