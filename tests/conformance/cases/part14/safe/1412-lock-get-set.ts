import Redis from 'ioredis';
import { randomUUID } from 'node:crypto';
const redis = new Redis();
export async function runExclusive(name: string, job: () => Promise<void>) {
  const token = randomUUID();
  if ((await redis.set(`lock:${name}`, token, 'PX', 30000, 'NX')) !== 'OK') return false;
  try { await job(); } finally {
    await redis.eval("if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end", 1, `lock:${name}`, token);
  }
  return true;
}
