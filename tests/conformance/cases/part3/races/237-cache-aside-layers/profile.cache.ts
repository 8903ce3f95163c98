import Redis from 'ioredis';

const redis = new Redis();

export const cacheGet = async <T>(key: string): Promise<T | null> => {
  const hit = await redis.get(key);
  return hit ? (JSON.parse(hit) as T) : null;
};
export const cacheSet = (key: string, value: unknown) => redis.set(key, JSON.stringify(value));
export const cacheDrop = (key: string) => redis.del(key);
