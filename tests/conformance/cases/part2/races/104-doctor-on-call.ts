// pattern: two doctors sign off at once; REPEATABLE READ is a snapshot and does not see the other update
import { Prisma, PrismaClient } from '@prisma/client';

export class NobodyOnCallError extends Error {
  constructor(readonly shiftId: string) {
    super(`shift ${shiftId} would be left without a doctor`);
  }
}

export class RosterService {
  constructor(private readonly prisma: PrismaClient) {}

  signOff(shiftId: string, doctorId: string): Promise<void> {
    return this.prisma.$transaction(
      async (tx) => {
        const onCall = await tx.assignment.count({ where: { shiftId, onCall: true } });
        if (onCall < 2) {
          throw new NobodyOnCallError(shiftId);
        }
        await tx.assignment.update({ // RACE: write-skew
          where: { shiftId_doctorId: { shiftId, doctorId } },
          data: { onCall: false },
        });
      },
      { isolationLevel: Prisma.TransactionIsolationLevel.RepeatableRead },
    );
  }

  roster(shiftId: string) {
    return this.prisma.assignment.findMany({ where: { shiftId, onCall: true } });
  }
}
