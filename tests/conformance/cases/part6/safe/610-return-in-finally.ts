import { Mutex } from 'async-mutex';

export class Ledger {
  private readonly mutex = new Mutex();
  private balance = 0;

  constructor(private readonly audit: { append(line: string): Promise<void> }) {}

  async post(cents: number): Promise<number> {
    const release = await this.mutex.acquire();
    try {
      return await this.apply(cents);
    } finally {
      release();
    }
  }

  private async apply(cents: number): Promise<number> {
    const next = this.balance + cents;
    await this.audit.append(`${this.balance} -> ${next}`);
    this.balance = next;
    return next;
  }
}
