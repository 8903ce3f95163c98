import Redis from 'ioredis';

const redis = new Redis(process.env.REDIS_URL!);
const READ = `return redis.call('GET', KEYS[1])`;

export async function takeToken(clientId: string, limit: number): Promise<boolean> {
  const key = `bucket:${clientId}`;
  const used = Number((await redis.eval(READ, 1, key)) ?? 0);
  if (used >= limit) return false;
  await redis.set(key, String(used + 1), 'EX', 60); // RACE: lost-update
  return true;
}
