// pattern: ioredis lease: the owner is compared with GET and then deleted: in between the lease ran out and belongs to another
import { randomUUID } from 'node:crypto';
import type Redis from 'ioredis';

export interface Lease {
  release(): Promise<void>;
}

export async function acquire(redis: Redis, name: string, ttlMs: number): Promise<Lease | null> {
  const owner = randomUUID();
  const key = `lease:${name}`;
  const ok = await redis.set(key, owner, 'PX', ttlMs, 'NX');
  if (ok !== 'OK') return null;
  return {
    async release() {
      const holder = await redis.get(key);
      if (holder === owner) await redis.del(key); // RACE: order-violation
    },
  };
}
