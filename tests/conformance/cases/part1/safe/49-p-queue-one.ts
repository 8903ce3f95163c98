// pattern: all postings run through one p-queue with concurrency 1
import PQueue from 'p-queue';
import type { FeeTable } from './fee-table';

export interface Entry {
  account: string;
  cents: number;
}

export class Ledger {
  private readonly queue = new PQueue({ concurrency: 1 });
  private balances: Readonly<Record<string, number>> = {};

  constructor(private readonly fees: FeeTable) {}

  post(entry: Entry): Promise<number> {
    return this.queue.add(() => this.apply(entry)) as Promise<number>;
  }

  private async apply({ account, cents }: Entry): Promise<number> {
    const balances = this.balances;
    const fee = await this.fees.feeFor(account, cents);
    const balance = (balances[account] ?? 0) + cents - fee;
    this.balances = { ...balances, [account]: balance };
    return balance;
  }
}
