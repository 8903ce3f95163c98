// pattern: redlock held for the write only; the stock was read before
import Redis from 'ioredis';
import Redlock from 'redlock';

const redis = new Redis();
const redlock = new Redlock([redis], { retryCount: 20 });

export async function takeFromStock(sku: string, quantity: number): Promise<boolean> {
  const stock = Number((await redis.get(`stock:${sku}`)) ?? 0);
  if (stock < quantity) return false;
  return redlock.using([`lock:${sku}`], 5_000, async () => {
    await redis.set(`stock:${sku}`, stock - quantity); // RACE: lost-update
    return true;
  });
}
