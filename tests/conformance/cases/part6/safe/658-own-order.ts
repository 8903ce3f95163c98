import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
export async function remove(userId: string, id: string) {
  const order = await prisma.order.findFirst({ where: { id, userId } });
  if (!order) throw new Error('not found');
  return prisma.order.delete({ where: { id } });
}
export async function update(userId: string, id: string, data: { note: string }) {
  const order = await prisma.order.findFirst({ where: { id, userId } });
  if (!order) throw new Error('not found');
  return prisma.order.update({ where: { id }, data: { ...data, user: { connect: { id: userId } } } });
}
