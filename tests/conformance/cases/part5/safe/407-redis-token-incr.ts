import Redis from 'ioredis';

const redis = new Redis(process.env.REDIS_URL!);
const TAKE = `
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
if used >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], used + 1, 'EX', 60)
return 1`;

export async function takeToken(clientId: string, limit: number): Promise<boolean> {
  return (await redis.eval(TAKE, 1, `bucket:${clientId}`, limit)) === 1;
}

export async function takeDaily(clientId: string, limit: number): Promise<boolean> {
  const key = `daily:${clientId}`;
  const used = await redis.incr(key);
  if (used === 1) await redis.expire(key, 86_400);
  return used <= limit;
}
