// pattern: cross-file: a load is put into the cache only when no invalidation came since it began
export class KeyedCache<V> {
  private readonly entries = new Map<string, V>();
  private generation = 0;

  get(key: string): V | undefined {
    return this.entries.get(key);
  }

  begin(): number {
    return this.generation;
  }

  put(key: string, value: V, begun: number): void {
    if (begun === this.generation) this.entries.set(key, value);
  }

  invalidate(key: string): void {
    this.generation += 1;
    this.entries.delete(key);
  }
}
