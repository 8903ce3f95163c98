import type { Bank } from './bank';

export class Wallet {
  private readonly cents = new Map<string, number>();

  constructor(private readonly bank: Bank) {}

  async credit(account: string, amount: number): Promise<number> {
    const before = this.cents.get(account) ?? 0;
    await this.bank.confirm(account, amount);
    this.cents.set(account, before + amount);
    return before + amount;
  }

  async balance(account: string): Promise<number> {
    return this.cents.get(account) ?? 0;
  }
}
