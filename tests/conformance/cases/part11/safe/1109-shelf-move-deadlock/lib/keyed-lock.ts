export class KeyedLock {
  readonly #tails = new Map<string, Promise<void>>();

  async lock(key: string): Promise<() => void> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    let unlock!: () => void;
    const gate = new Promise<void>((resolve) => (unlock = resolve));
    const tail = before.then(() => gate);
    this.#tails.set(key, tail);
    await before;
    return () => {
      unlock();
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    };
  }
}
