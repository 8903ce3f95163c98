// pattern: room made and entry added in the tick after the load, unless another caller added it already
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
    const value = await this.#load(key);
    if (!this.#entries.has(key)) {
      if (this.#entries.size >= this.#capacity) {
        const [oldest] = this.#entries.keys();
        this.#entries.delete(oldest!);
      }
      this.#entries.set(key, value);
    }
    return value;
  }
}
