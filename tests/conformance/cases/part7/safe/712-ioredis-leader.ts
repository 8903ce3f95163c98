// pattern: SET NX decides; the release is a script that compares the owner
import Redis from 'ioredis';
import { randomUUID } from 'node:crypto';

const RELEASE = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end`;

export class LeaderElection {
  constructor(
    private readonly redis: Redis,
    private readonly onElected: () => Promise<void>,
    private readonly ttlMs = 15_000,
  ) {}

  async campaign(group: string): Promise<boolean> {
    const key = `leader:${group}`;
    const id = randomUUID();
    const won = await this.redis.set(key, id, 'PX', this.ttlMs, 'NX');
    if (won !== 'OK') return false;
    try {
      await this.onElected();
    } finally {
      await this.redis.eval(RELEASE, 1, key, id);
    }
    return true;
  }
}
