// pattern: read and written under the lock
import Redis from 'ioredis';
import Redlock from 'redlock';

const redis = new Redis();
const redlock = new Redlock([redis], { retryCount: 20 });

export async function takeFromStock(sku: string, quantity: number): Promise<boolean> {
  return redlock.using([`lock:${sku}`], 5_000, async () => {
    const stock = Number((await redis.get(`stock:${sku}`)) ?? 0);
    if (stock < quantity) return false;
    await redis.set(`stock:${sku}`, stock - quantity);
    return true;
  });
}
