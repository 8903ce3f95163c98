import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { PrismaService } from './prisma.service';

export interface CheckoutInput {
  customerId: string;
  code: string;
  lines: { sku: string; qty: number }[];
}

@Injectable()
export class CheckoutService {
  constructor(private readonly prisma: PrismaService) {}

  async checkout(input: CheckoutInput) {
    const coupon = await this.prisma.coupon.findUnique({
      where: { code: input.code },
      include: { redemptions: true },
    });
    if (!coupon) throw new NotFoundException('no such coupon');
    if (coupon.redemptions.length >= coupon.maxUses) throw new ConflictException('coupon used up');
    return this.prisma.order.create({ // RACE: check-then-act
      data: {
        customerId: input.customerId,
        lines: { create: input.lines },
        redemptions: { create: { couponId: coupon.id } },
      },
    });
  }
}
