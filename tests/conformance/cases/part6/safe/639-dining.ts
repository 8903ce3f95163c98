import { Mutex } from 'async-mutex';

class Fork {
  readonly mutex = new Mutex();
}

export class Table {
  private readonly forks = Array.from({ length: 2 }, () => new Fork());

  async eatLeft(meal: () => Promise<void>): Promise<void> {
    await this.both(meal);
  }

  async eatRight(meal: () => Promise<void>): Promise<void> {
    await this.both(meal);
  }

  private both(meal: () => Promise<void>): Promise<void> {
    return this.forks[0].mutex.runExclusive(() => this.forks[1].mutex.runExclusive(meal));
  }
}
