// pattern: ioredis: EXISTS decides, SET without NX claims; two instances lead
import Redis from 'ioredis';
import { randomUUID } from 'node:crypto';

export class LeaderElection {
  readonly id = randomUUID();
  leading = false;

  constructor(
    private readonly redis: Redis,
    private readonly onElected: () => Promise<void>,
    private readonly ttlMs = 15_000,
  ) {}

  async campaign(group: string): Promise<boolean> {
    const key = `leader:${group}`;
    const held = await this.redis.exists(key);
    if (held) return false;
    await this.redis.set(key, this.id, 'PX', this.ttlMs); // RACE: check-then-act
    this.leading = true;
    await this.onElected();
    return true;
  }
}
