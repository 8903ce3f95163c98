import { Mutex } from 'async-mutex';

class Fork {
  readonly mutex = new Mutex();
}

export class Table {
  private readonly forks = Array.from({ length: 2 }, () => new Fork());

  async eatLeft(meal: () => Promise<void>): Promise<void> {
    await this.forks[0].mutex.runExclusive(async () => {
      await this.forks[1].mutex.runExclusive(meal); // RACE: deadlock
    });
  }

  async eatRight(meal: () => Promise<void>): Promise<void> {
    await this.forks[1].mutex.runExclusive(async () => {
      await this.forks[0].mutex.runExclusive(meal);
    });
  }
}
