import { initTRPC, TRPCError } from '@trpc/server';
import { PrismaClient } from '@prisma/client';

export const prisma = new PrismaClient();

export interface Context {
  doctorId: string | null;
}

const t = initTRPC.context<Context>().create();

export const router = t.router;
export const authed = t.procedure.use(({ ctx, next }) => {
  if (!ctx.doctorId) throw new TRPCError({ code: 'UNAUTHORIZED' });
  return next({ ctx: { doctorId: ctx.doctorId } });
});
