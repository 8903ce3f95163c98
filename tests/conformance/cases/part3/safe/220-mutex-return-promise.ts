// pattern: `return await` keeps the mutex until the change is applied
import { Mutex } from 'async-mutex';
import type { Ledger } from './ledger';

export class Account {
  private readonly mutex = new Mutex();
  private balance = 0;

  constructor(private readonly ledger: Ledger) {}

  async deposit(cents: number): Promise<number> {
    const release = await this.mutex.acquire();
    try {
      return await this.apply(cents);
    } finally {
      release();
    }
  }

  private async apply(cents: number): Promise<number> {
    const before = this.balance;
    await this.ledger.append({ before, cents });
    this.balance = before + cents;
    return this.balance;
  }
}
