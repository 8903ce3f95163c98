// pattern: room made in the cache before the load, entry added after it: several loads exceed the capacity
export class LruCache<V> {
  readonly #entries = new Map<string, V>();
  readonly #capacity: number;
  readonly #load: (key: string) => Promise<V>;

  constructor(capacity: number, load: (key: string) => Promise<V>) {
    this.#capacity = capacity;
    this.#load = load;
  }

  get size(): number {
    return this.#entries.size;
  }

  async get(key: string): Promise<V> {
    if (this.#entries.has(key)) return this.#entries.get(key)!;
    if (this.#entries.size >= this.#capacity) {
      const [oldest] = this.#entries.keys();
      this.#entries.delete(oldest!);
    }
    const value = await this.#load(key);
    this.#entries.set(key, value); // RACE: check-then-act
    return value;
  }
}
