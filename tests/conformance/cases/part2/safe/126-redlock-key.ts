// pattern: redlock keyed by the SKU whose stock it protects
import Client from 'ioredis';
import Redlock from 'redlock';

const client = new Client({ host: process.env.REDIS_HOST });
const redlock = new Redlock([client], { retryCount: 20, retryDelay: 150 });

export class StockService {
  async take(customerId: string, sku: string, count: number): Promise<boolean> {
    const lock = await redlock.acquire([`locks:sku:${sku}`], 10_000);
    try {
      const stock = parseInt((await client.get(`stock:${sku}`)) ?? '0', 10);
      if (stock < count) {
        return false;
      }
      await client.set(`stock:${sku}`, String(stock - count));
      await client.rpush(`picks:${sku}`, JSON.stringify({ customerId, count }));
      return true;
    } finally {
      await lock.release();
    }
  }
}
