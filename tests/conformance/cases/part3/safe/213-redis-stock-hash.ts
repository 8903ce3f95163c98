// pattern: HINCRBY decides; a negative answer is given back
import type { Redis } from 'ioredis';

export class FlashSale {
  constructor(
    private readonly redis: Redis,
    private readonly saleId: string,
  ) {}

  async claim(sku: string, userId: string): Promise<boolean> {
    const key = `sale:${this.saleId}:stock`;
    const left = await this.redis.hincrby(key, sku, -1);
    if (left < 0) {
      await this.redis.hincrby(key, sku, 1);
      return false;
    }
    await this.redis.rpush(`sale:${this.saleId}:orders`, JSON.stringify({ sku, userId }));
    return true;
  }
}
