import { initTRPC } from '@trpc/server';
import { z } from 'zod';
import { db } from './db';

const t = initTRPC.create();

export const router = t.router({
  toggle: t.procedure.input(z.object({ id: z.string() })).mutation(async ({ input }) => {
    const todo = await db.todo.findUniqueOrThrow({ where: { id: input.id } });
    return db.todo.update({ where: { id: input.id }, data: { position: todo.position + 1 } }); // RACE: lost-update
  }),
});
