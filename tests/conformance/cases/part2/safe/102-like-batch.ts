// pattern: $transaction([create under a composite key, increment]); a second like violates the key and rolls both back
import { Prisma, PrismaClient } from '@prisma/client';
import { z } from 'zod';
import { protectedProcedure, router } from '../trpc';

const db = new PrismaClient();

export const likeRouter = router({
  like: protectedProcedure.input(z.object({ postId: z.string() })).mutation(async ({ ctx, input }) => {
    const { postId } = input;
    const userId = ctx.user.id;
    const already = await db.like.findUnique({ where: { postId_userId: { postId, userId } } });
    if (already) return { liked: true };
    try {
      await db.$transaction([
        db.like.create({ data: { postId, userId } }),
        db.post.update({ where: { id: postId }, data: { likeCount: { increment: 1 } } }),
      ]);
    } catch (e) {
      if (e instanceof Prisma.PrismaClientKnownRequestError && e.code === 'P2002') {
        return { liked: true };
      }
      throw e;
    }
    return { liked: true };
  }),
});
