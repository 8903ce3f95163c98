// pattern: NX PX lock with a random token, released by a script that compares the token
import { randomUUID } from 'node:crypto';
import Redis from 'ioredis';
import { bank } from './bank';

const redis = new Redis(process.env.REDIS_URL!);
const LOCK_MS = 60_000;
const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) else return 0 end`;

async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const lockKey = `lock:${name}`;
  const token = randomUUID();
  const locked = await redis.set(lockKey, token, 'PX', LOCK_MS, 'NX');
  if (locked !== 'OK') throw new Error(`${name} is busy`);
  try {
    return await work();
  } finally {
    await redis.eval(RELEASE, 1, lockKey, token);
  }
}

export function payOut(sellerId: string): Promise<number> {
  return withLock(`payout:${sellerId}`, async () => {
    const due = Number((await redis.get(`due:${sellerId}`)) ?? 0);
    if (due === 0) return 0;
    await bank.transfer(sellerId, due);
    await redis.set(`due:${sellerId}`, 0);
    return due;
  });
}
