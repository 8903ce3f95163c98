import { initTRPC, TRPCError } from '@trpc/server';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();

export interface Context {
  prisma: PrismaClient;
  user: { id: string } | null;
}

export const createContext = async ({ req }: { req: Request }): Promise<Context> => {
  const id = req.headers.get('x-user');
  return { prisma, user: id ? { id } : null };
};

const t = initTRPC.context<Context>().create();
export const router = t.router;
export const protectedProcedure = t.procedure.use(({ ctx, next }) => {
  if (!ctx.user) throw new TRPCError({ code: 'UNAUTHORIZED' });
  return next({ ctx: { ...ctx, user: ctx.user } });
});
