export class KeyedLock {
  private readonly tails = new Map<string, Promise<void>>();

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const previous = this.tails.get(key) ?? Promise.resolve();
    let free!: () => void;
    this.tails.set(key, new Promise<void>((resolve) => (free = resolve)));
    await previous;
    try {
      return await work();
    } finally {
      free();
    }
  }
}
