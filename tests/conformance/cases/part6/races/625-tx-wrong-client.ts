import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();

export async function useCoupon(code: string, orderId: string) {
  return prisma.$transaction(async (tx) => {
    const coupon = await prisma.coupon.findUniqueOrThrow({ where: { code } });
    if (coupon.used >= coupon.limit) throw new Error('coupon used up');
    await tx.coupon.update({ where: { code }, data: { used: coupon.used + 1 } }); // RACE: lost-update
    await tx.order.update({ where: { id: orderId }, data: { couponCode: code } });
  }, { isolationLevel: 'Serializable' });
}
