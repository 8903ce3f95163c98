// pattern: tRPC mutation: like counter selected, incremented in memory, written back
import { initTRPC } from '@trpc/server';
import { z } from 'zod';
import { prisma } from './prisma';

const t = initTRPC.create();

export const postRouter = t.router({
  like: t.procedure.input(z.object({ postId: z.string() })).mutation(async ({ input }) => {
    const post = await prisma.post.findUnique({ where: { id: input.postId }, select: { likes: true } });
    if (!post) throw new Error('NOT_FOUND');
    const updated = await prisma.post.update({
      where: { id: input.postId },
      data: { likes: post.likes + 1 }, // RACE: lost-update
    });
    return { likes: updated.likes };
  }),
  byId: t.procedure.input(z.string()).query(({ input }) => prisma.post.findUnique({ where: { id: input } })),
});
