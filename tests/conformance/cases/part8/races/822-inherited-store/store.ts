export abstract class KeyedStore<V> {
  readonly #cells = new Map<string, V>();
  readonly #turns = new Map<string, Promise<void>>();

  protected abstract initial(): V;

  protected load(key: string): V {
    return this.#cells.get(key) ?? this.initial();
  }

  protected save(key: string, value: V): void {
    this.#cells.set(key, value);
  }

  protected inTurn<R>(key: string, work: () => Promise<R>): Promise<R> {
    const before = this.#turns.get(key) ?? Promise.resolve();
    const result = before.then(work);
    this.#turns.set(
      key,
      result.then(
        () => undefined,
        () => undefined,
      ),
    );
    return result;
  }
}
