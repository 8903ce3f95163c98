// pattern: the look-up is a courtesy; the unique index decides and its violation is a conflict
import { TRPCError } from '@trpc/server';
import { Prisma } from '@prisma/client';
import { z } from 'zod';
import { protectedProcedure, router } from './trpc';

export const linkRouter = router({
  claim: protectedProcedure
    .input(z.object({ alias: z.string().min(3), target: z.string().url() }))
    .mutation(async ({ ctx, input }) => {
      const taken = await ctx.prisma.shortLink.findUnique({ where: { alias: input.alias } });
      if (taken) throw new TRPCError({ code: 'CONFLICT', message: 'alias taken' });
      try {
        return await ctx.prisma.shortLink.create({ data: { ...input, ownerId: ctx.user.id } });
      } catch (error) {
        if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002') {
          throw new TRPCError({ code: 'CONFLICT', message: 'alias taken' });
        }
        throw error;
      }
    }),
});
