// pattern: stock read with HGET, compared, taken with HINCRBY: two callers pass the check
import type { Redis } from 'ioredis';

export class FlashSale {
  constructor(
    private readonly redis: Redis,
    private readonly saleId: string,
  ) {}

  async claim(sku: string, userId: string): Promise<boolean> {
    const key = `sale:${this.saleId}:stock`;
    const left = parseInt((await this.redis.hget(key, sku)) ?? '0', 10);
    if (left <= 0) return false;
    await this.redis.hincrby(key, sku, -1); // RACE: check-then-act
    await this.redis.rpush(`sale:${this.saleId}:orders`, JSON.stringify({ sku, userId }));
    return true;
  }
}
