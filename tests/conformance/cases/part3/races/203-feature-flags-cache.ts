// pattern: private static client opened lazily: both first callers connect, one connection is lost
import { createClient, type RedisClientType } from 'redis';

export class FlagStore {
  static #client: RedisClientType | null = null;

  static async #connection(): Promise<RedisClientType> {
    if (FlagStore.#client === null) {
      const client: RedisClientType = createClient({ url: process.env.FLAGS_URL });
      await client.connect();
      FlagStore.#client = client; // RACE: init-race
    }
    return FlagStore.#client;
  }

  static async isOn(flag: string): Promise<boolean> {
    const client = await FlagStore.#connection();
    return (await client.hGet('flags', flag)) === '1';
  }
}
