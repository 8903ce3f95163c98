// pattern: single-use token looked up, used, marked used afterwards
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();

export async function resetPassword(token: string, passwordHash: string): Promise<void> {
  const reset = await prisma.passwordReset.findUnique({ where: { token } });
  if (!reset || reset.usedAt) throw new Error('invalid token');
  await prisma.user.update({ where: { id: reset.userId }, data: { passwordHash } });
  await prisma.session.create({ data: { userId: reset.userId, reason: 'reset' } }); // RACE: check-then-act
  await prisma.passwordReset.update({ where: { token }, data: { usedAt: new Date() } });
}
