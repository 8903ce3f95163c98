// pattern: lease taken with SET NX EX, released with a plain DEL: an expired holder deletes the lease of the next one
import Redis from 'ioredis';

const redis = new Redis();

export async function withLease<T>(name: string, work: () => Promise<T>): Promise<T | undefined> {
  const key = `lease:${name}`;
  const taken = await redis.set(key, process.pid, 'EX', 10, 'NX');
  if (taken !== 'OK') return undefined;
  try {
    return await work();
  } finally {
    await redis.del(key); // RACE: order-violation
  }
}
