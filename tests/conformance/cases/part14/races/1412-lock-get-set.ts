import Redis from 'ioredis';
const redis = new Redis();
export async function runExclusive(name: string, job: () => Promise<void>) {
  const locked = await redis.get(`lock:${name}`);
  if (locked) return false;
  await redis.set(`lock:${name}`, '1', 'EX', 30); // RACE: check-then-act
  try { await job(); } finally { await redis.del(`lock:${name}`); }
  return true;
}
