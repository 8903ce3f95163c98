import Redis from 'ioredis';

export class CartStore {
  constructor(private readonly redis: Redis) {}

  async add(userId: string, sku: string, quantity: number): Promise<void> {
    const raw = await this.redis.hget(`cart:${userId}`, sku);
    const current = raw ? parseInt(raw, 10) : 0;
    await this.redis.hset(`cart:${userId}`, sku, String(current + quantity)); // RACE: lost-update
  }
}
