import { initTRPC } from '@trpc/server';
import { z } from 'zod';
import { db } from './db';

const t = initTRPC.create();

export const router = t.router({
  toggle: t.procedure.input(z.object({ id: z.string() })).mutation(async ({ input }) => {
    return db.todo.update({ where: { id: input.id }, data: { position: { increment: 1 } } });
  }),
});
