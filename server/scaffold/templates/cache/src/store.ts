/** Counts and values that expire: in Redis, or in this process. */

import { Redis } from 'ioredis';

export interface Store extends AsyncDisposable {
  /** Adds one to a count, which begins anew after `seconds`; returns what it is then. */
  count(key: string, seconds: number): Promise<number>;
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string, seconds: number): Promise<void>;
}

/** INCR and EXPIRE as one step: a count whose process dies in between would never end. */
const COUNT = `local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return n`;

class Shared implements Store {
  readonly #redis: Redis;

  constructor(url: string) {
    this.#redis = new Redis(url);
  }

  async count(key: string, seconds: number): Promise<number> {
    return Number(await this.#redis.eval(COUNT, 1, key, seconds));
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.#redis.get(key)) ?? undefined;
  }

  async set(key: string, value: string, seconds: number): Promise<void> {
    await this.#redis.set(key, value, 'EX', seconds);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#redis.quit();
  }
}

const ENTRIES_MAX = 10_000;

class Own implements Store {
  readonly #entries = new Map<string, { value: string; ends: number }>();

  #live(key: string): { value: string; ends: number } | undefined {
    const entry = this.#entries.get(key);
    return entry && entry.ends > Date.now() ? entry : undefined;
  }

  #put(key: string, value: string, ends: number): void {
    if (this.#entries.size >= ENTRIES_MAX) this.#entries.clear();
    this.#entries.set(key, { value, ends });
  }

  async count(key: string, seconds: number): Promise<number> {
    const entry = this.#live(key);
    const count = Number(entry?.value ?? 0) + 1;
    this.#put(key, String(count), entry?.ends ?? Date.now() + seconds * 1000);
    return count;
  }

  async get(key: string): Promise<string | undefined> {
    return this.#live(key)?.value;
  }

  async set(key: string, value: string, seconds: number): Promise<void> {
    this.#put(key, value, Date.now() + seconds * 1000);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

export function open(url = process.env.REDIS_URL): Store {
  return url ? new Shared(url) : new Own();
}
