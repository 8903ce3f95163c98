// pattern: one conditional increment in the same procedure
import { initTRPC, TRPCError } from '@trpc/server';
import { PrismaClient } from '@prisma/client';
import { z } from 'zod';

const t = initTRPC.create();
const prisma = new PrismaClient();

export const pollRouter = t.router({
  vote: t.procedure
    .input(z.object({ optionId: z.string().cuid() }))
    .mutation(({ input }) =>
      prisma.$transaction(async (tx) => {
        const { count } = await tx.option.updateMany({
          where: { id: input.optionId, closedAt: null },
          data: { votes: { increment: 1 } },
        });
        if (count === 0) {
          throw new TRPCError({ code: 'CONFLICT', message: 'poll closed' });
        }
        return null;
      }),
    ),
});

export type PollRouter = typeof pollRouter;
