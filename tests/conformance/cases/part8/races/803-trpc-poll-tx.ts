// pattern: tRPC and Prisma: votes read and written plus one in an interactive transaction at the default level
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
        const option = await tx.option.findUniqueOrThrow({ where: { id: input.optionId } });
        if (option.closedAt !== null) {
          throw new TRPCError({ code: 'CONFLICT', message: 'poll closed' });
        }
        const { votes } = await tx.option.update({ where: { id: option.id }, data: { votes: option.votes + 1 } }); // RACE: lost-update
        return votes;
      }),
    ),
});

export type PollRouter = typeof pollRouter;
