// pattern: compared and deleted in one script
import { randomUUID } from 'node:crypto';
import type Redis from 'ioredis';

export interface Lease {
  release(): Promise<void>;
}

const COMPARE_AND_DELETE = `
  if redis.call('get', KEYS[1]) == ARGV[1] then
    return redis.call('del', KEYS[1])
  end
  return 0
`;

export async function acquire(redis: Redis, name: string, ttlMs: number): Promise<Lease | null> {
  const owner = randomUUID();
  const key = `lease:${name}`;
  const ok = await redis.set(key, owner, 'PX', ttlMs, 'NX');
  if (ok !== 'OK') return null;
  return {
    async release() {
      await redis.eval(COMPARE_AND_DELETE, 1, key, owner);
    },
  };
}
