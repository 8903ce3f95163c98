// pattern: tRPC and Prisma: alias looked up, then created; the schema has no unique constraint
import { TRPCError } from '@trpc/server';
import { z } from 'zod';
import { protectedProcedure, router } from './trpc';

export const linkRouter = router({
  claim: protectedProcedure
    .input(z.object({ alias: z.string().min(3), target: z.string().url() }))
    .mutation(async ({ ctx, input }) => {
      const taken = await ctx.prisma.shortLink.findFirst({ where: { alias: input.alias } });
      if (taken) throw new TRPCError({ code: 'CONFLICT', message: 'alias taken' });
      return ctx.prisma.shortLink.create({ data: { ...input, ownerId: ctx.user.id } }); // RACE: check-then-act
    }),
});
