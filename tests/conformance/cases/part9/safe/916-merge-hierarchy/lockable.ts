// pattern: the two carts are locked in the order of their ids
export abstract class Lockable {
  #held = false;
  readonly #queue: (() => void)[] = [];

  constructor(readonly id: number) {}

  protected async lock(): Promise<void> {
    if (!this.#held) {
      this.#held = true;
      return;
    }
    await new Promise<void>((resolve) => this.#queue.push(resolve));
  }

  protected unlock(): void {
    const next = this.#queue.shift();
    if (next) next();
    else this.#held = false;
  }

  async exclusively<T>(action: () => T | Promise<T>): Promise<T> {
    await this.lock();
    try {
      return await action();
    } finally {
      this.unlock();
    }
  }
}
