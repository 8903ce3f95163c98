// pattern: the promise of the connection is stored before anything is awaited and cleared when it fails
import { createClient, type RedisClientType } from 'redis';

export class FlagStore {
  static #client: Promise<RedisClientType> | null = null;

  static #connection(): Promise<RedisClientType> {
    return (FlagStore.#client ??= FlagStore.#open());
  }

  static async #open(): Promise<RedisClientType> {
    try {
      const client: RedisClientType = createClient({ url: process.env.FLAGS_URL });
      await client.connect();
      return client;
    } catch (error) {
      FlagStore.#client = null;
      throw error;
    }
  }

  static async isOn(flag: string): Promise<boolean> {
    const client = await FlagStore.#connection();
    return (await client.hGet('flags', flag)) === '1';
  }
}
