// pattern: tRPC and Prisma: who is on call is counted in an interactive transaction, then one's own row is changed
import { Prisma } from '@prisma/client';
import { TRPCError } from '@trpc/server';
import { z } from 'zod';
import { authed, prisma, router } from './trpc';

const handOver = (doctorId: string, ward: string) =>
  prisma.$transaction(async (tx) => {
    const others = await tx.doctor.count({ where: { ward, onCall: true, NOT: { id: doctorId } } });
    if (others === 0) throw new TRPCError({ code: 'PRECONDITION_FAILED', message: 'you are the last one on call' });
    return tx.doctor.update({ where: { id: doctorId }, data: { onCall: false } }); // RACE: write-skew
  });

export const shifts = router({
  leave: authed.input(z.object({ ward: z.string() })).mutation(({ ctx, input }) => handOver(ctx.doctorId, input.ward)),
});
