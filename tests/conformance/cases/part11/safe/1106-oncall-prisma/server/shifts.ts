// pattern: the same transaction is SERIALIZABLE and is tried again on P2034
import { Prisma } from '@prisma/client';
import { TRPCError } from '@trpc/server';
import { z } from 'zod';
import { authed, prisma, router } from './trpc';

const handOverOnce = (doctorId: string, ward: string) =>
  prisma.$transaction(async (tx) => {
    const others = await tx.doctor.count({ where: { ward, onCall: true, NOT: { id: doctorId } } });
    if (others === 0) throw new TRPCError({ code: 'PRECONDITION_FAILED', message: 'you are the last one on call' });
    return tx.doctor.update({ where: { id: doctorId }, data: { onCall: false } });
  }, { isolationLevel: Prisma.TransactionIsolationLevel.Serializable });

async function handOver(doctorId: string, ward: string) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await handOverOnce(doctorId, ward);
    } catch (err) {
      const conflict = err instanceof Prisma.PrismaClientKnownRequestError && err.code === 'P2034';
      if (!conflict || attempt === 5) throw err;
    }
  }
}

export const shifts = router({
  leave: authed.input(z.object({ ward: z.string() })).mutation(({ ctx, input }) => handOver(ctx.doctorId, input.ward)),
});
