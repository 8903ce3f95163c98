// pattern: cross-file: a slow load puts the old row back into the cache after the rename has invalidated it
export class KeyedCache<V> {
  private readonly entries = new Map<string, V>();

  get(key: string): V | undefined {
    return this.entries.get(key);
  }

  put(key: string, value: V): void {
    this.entries.set(key, value);
  }

  invalidate(key: string): void {
    this.entries.delete(key);
  }
}
