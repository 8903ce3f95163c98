// pattern: NX PX lock deleted without comparing a token: after an expiry it deletes the lock of the next holder
import Redis from 'ioredis';
import { bank } from './bank';

const redis = new Redis(process.env.REDIS_URL!);
const LOCK_MS = 5_000;

async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const lockKey = `lock:${name}`;
  const locked = await redis.set(lockKey, '1', 'PX', LOCK_MS, 'NX');
  if (locked !== 'OK') throw new Error(`${name} is busy`);
  try {
    return await work();
  } finally {
    await redis.del(lockKey); // RACE: order-violation
  }
}

export function payOut(sellerId: string): Promise<number> {
  return withLock(`payout:${sellerId}`, async () => {
    const due = Number((await redis.get(`due:${sellerId}`)) ?? 0);
    if (due === 0) return 0;
    await bank.transfer(sellerId, due);
    await redis.set(`due:${sellerId}`, 0); // RACE: lost-update
    return due;
  });
}
