// pattern: atomic increment, the answer comes from the statement
import { initTRPC } from '@trpc/server';
import { z } from 'zod';
import { prisma } from './prisma';

const t = initTRPC.create();

export const postRouter = t.router({
  like: t.procedure.input(z.object({ postId: z.string() })).mutation(async ({ input }) => {
    const post = await prisma.post.findUnique({ where: { id: input.postId }, select: { id: true } });
    if (!post) throw new Error('NOT_FOUND');
    const updated = await prisma.post.update({
      where: { id: input.postId },
      data: { likes: { increment: 1 } },
    });
    return { likes: updated.likes };
  }),
  byId: t.procedure.input(z.string()).query(({ input }) => prisma.post.findUnique({ where: { id: input } })),
});
