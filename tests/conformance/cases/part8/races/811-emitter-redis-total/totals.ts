import { createClient } from 'redis';
import { sales, type Sale } from './events';

const redis = createClient({ url: process.env.REDIS_URL });

export class Totals {
  constructor() {
    sales.on('sale', this.add);
  }

  private readonly add = async ({ shop, cents }: Sale) => {
    const key = `total:${shop}`;
    const total = Number(await redis.get(key)) || 0;
    await redis.set(key, String(total + cents)); // RACE: lost-update
  };
}

export const totals = new Totals();
