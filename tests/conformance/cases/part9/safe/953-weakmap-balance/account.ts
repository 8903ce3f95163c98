// pattern: the balance is read after the limits
import { limits } from './limits';

const balances = new WeakMap<Account, number>();

export class Account {
  constructor(readonly iban: string) {
    balances.set(this, 0);
  }

  get balance(): number {
    return balances.get(this) ?? 0;
  }

  deposit(cents: number): this {
    balances.set(this, this.balance + cents);
    return this;
  }

  async withdraw(cents: number): Promise<boolean> {
    const floor = await limits.floorOf(this.iban);
    const { balance } = this;
    if (balance - cents < floor) return false;
    balances.set(this, balance - cents);
    return true;
  }
}
