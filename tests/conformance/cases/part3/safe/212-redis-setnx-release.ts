// pattern: random token, compared and deleted by one Lua script
import { randomUUID } from 'node:crypto';
import Redis from 'ioredis';

const redis = new Redis();
const RELEASE = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end`;

export async function withLease<T>(name: string, work: () => Promise<T>): Promise<T | undefined> {
  const key = `lease:${name}`;
  const token = randomUUID();
  const taken = await redis.set(key, token, 'EX', 10, 'NX');
  if (taken !== 'OK') return undefined;
  try {
    return await work();
  } finally {
    await redis.eval(RELEASE, 1, key, token);
  }
}
