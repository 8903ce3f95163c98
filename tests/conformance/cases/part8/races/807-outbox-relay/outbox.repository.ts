import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();

export const pending = (limit: number) =>
  prisma.outboxMessage.findMany({ where: { state: 'pending' }, orderBy: { id: 'asc' }, take: limit });

export async function claim(id: number): Promise<boolean> {
  const { count } = await prisma.outboxMessage.updateMany({
    where: { id, state: 'pending' },
    data: { state: 'sending' },
  });
  return count === 1;
}

export const giveBack = (id: number) =>
  prisma.outboxMessage.update({ where: { id }, data: { state: 'pending' } });

export const markSent = (id: number) => prisma.outboxMessage.update({ where: { id }, data: { state: 'sent' } });
