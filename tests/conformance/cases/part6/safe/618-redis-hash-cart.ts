import Redis from 'ioredis';

export class CartStore {
  constructor(private readonly redis: Redis) {}

  async add(userId: string, sku: string, quantity: number): Promise<number> {
    return this.redis.hincrby(`cart:${userId}`, sku, quantity);
  }
}
