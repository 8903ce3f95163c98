// pattern: tRPC and Prisma: the conditional updateMany is right, but nobody looks at its count before the credit is granted
import { initTRPC, TRPCError } from '@trpc/server';
import { PrismaClient } from '@prisma/client';
import { z } from 'zod';

const prisma = new PrismaClient();
const t = initTRPC.context<{ accountId: string | null }>().create();

const authed = t.procedure.use(({ ctx, next }) => {
  if (!ctx.accountId) throw new TRPCError({ code: 'UNAUTHORIZED' });
  return next({ ctx: { accountId: ctx.accountId } });
});

export const voucherRouter = t.router({
  redeem: authed.input(z.object({ code: z.string().min(8) })).mutation(async ({ ctx, input }) => {
    const voucher = await prisma.voucher.findUnique({ where: { code: input.code } });
    if (!voucher || voucher.usedAt) throw new TRPCError({ code: 'NOT_FOUND', message: 'invalid voucher' });

    await prisma.voucher.updateMany({
      where: { code: input.code, usedAt: null },
      data: { usedAt: new Date(), usedById: ctx.accountId },
    });
    const account = await prisma.account.update({
      where: { id: ctx.accountId },
      data: { credits: { increment: voucher.credits } }, // RACE: check-then-act
    });
    return { credits: account.credits };
  }),
});
