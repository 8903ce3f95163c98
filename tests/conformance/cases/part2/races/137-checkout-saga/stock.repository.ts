import { PrismaClient } from '@prisma/client';

export class StockRepository {
  constructor(private readonly prisma: PrismaClient) {}

  async level(sku: string): Promise<number> {
    const row = await this.prisma.stock.findUniqueOrThrow({ where: { sku } });
    return row.level;
  }

  async take(sku: string, quantity: number): Promise<boolean> {
    const { count } = await this.prisma.stock.updateMany({
      where: { sku, level: { gte: quantity } },
      data: { level: { decrement: quantity } },
    });
    return count === 1;
  }

  async setLevel(sku: string, level: number): Promise<void> {
    await this.prisma.stock.update({ where: { sku }, data: { level } });
  }
}
