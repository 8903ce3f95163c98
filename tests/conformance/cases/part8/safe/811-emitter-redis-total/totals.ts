import { createClient } from 'redis';
import { sales, type Sale } from './events';

const redis = createClient({ url: process.env.REDIS_URL });

export class Totals {
  constructor() {
    sales.on('sale', this.add);
  }

  private readonly add = async ({ shop, cents }: Sale) => {
    const key = `total:${shop}`;
    await redis.incrBy(key, cents);
  };
}

export const totals = new Totals();
