import { PrismaClient } from '@prisma/client';

export class StockRepository {
  constructor(private readonly prisma: PrismaClient) {}

  async take(sku: string, quantity: number): Promise<boolean> {
    const { count } = await this.prisma.stock.updateMany({
      where: { sku, level: { gte: quantity } },
      data: { level: { decrement: quantity } },
    });
    return count === 1;
  }

  async giveBack(sku: string, quantity: number): Promise<void> {
    await this.prisma.stock.update({ where: { sku }, data: { level: { increment: quantity } } });
  }
}
