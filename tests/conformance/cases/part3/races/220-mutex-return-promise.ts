// pattern: `return this.apply()` without await inside try/finally: the mutex is free before the change is applied
import { Mutex } from 'async-mutex';
import type { Ledger } from './ledger';

export class Account {
  private readonly mutex = new Mutex();
  private balance = 0;

  constructor(private readonly ledger: Ledger) {}

  async deposit(cents: number): Promise<number> {
    const release = await this.mutex.acquire();
    try {
      return this.apply(cents); // RACE: floating-promise
    } finally {
      release();
    }
  }

  private async apply(cents: number): Promise<number> {
    const before = this.balance;
    await this.ledger.append({ before, cents });
    this.balance = before + cents; // RACE: lost-update
    return this.balance;
  }
}
