// pattern: SERIALIZABLE, and a serialisation failure (P2034) is tried again
import { Prisma, PrismaClient } from '@prisma/client';

export class NobodyOnCallError extends Error {
  constructor(readonly shiftId: string) {
    super(`shift ${shiftId} would be left without a doctor`);
  }
}

const isConflict = (e: unknown): boolean =>
  e instanceof Prisma.PrismaClientKnownRequestError && e.code === 'P2034';

export class RosterService {
  constructor(private readonly prisma: PrismaClient) {}

  async signOff(shiftId: string, doctorId: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.prisma.$transaction(
          async (tx) => {
            const onCall = await tx.assignment.count({ where: { shiftId, onCall: true } });
            if (onCall < 2) {
              throw new NobodyOnCallError(shiftId);
            }
            await tx.assignment.update({
              where: { shiftId_doctorId: { shiftId, doctorId } },
              data: { onCall: false },
            });
          },
          { isolationLevel: Prisma.TransactionIsolationLevel.Serializable },
        );
        return;
      } catch (e) {
        if (!isConflict(e) || attempt >= 5) throw e;
      }
    }
  }
}
