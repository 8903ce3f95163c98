// pattern: the token is used up by a conditional update first
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();

export async function resetPassword(token: string, passwordHash: string): Promise<void> {
  await prisma.$transaction(async (tx) => {
    const { count } = await tx.passwordReset.updateMany({ where: { token, usedAt: null }, data: { usedAt: new Date() } });
    if (count === 0) throw new Error('invalid token');
    const reset = await tx.passwordReset.findUniqueOrThrow({ where: { token } });
    await tx.user.update({ where: { id: reset.userId }, data: { passwordHash } });
    await tx.session.create({ data: { userId: reset.userId, reason: 'reset' } });
  });
}
