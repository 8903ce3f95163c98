// pattern: balance of an account in a WeakMap of the module: read, limits awaited, the difference stored
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
    const { balance } = this;
    const floor = await limits.floorOf(this.iban);
    if (balance - cents < floor) return false;
    balances.set(this, balance - cents); // RACE: lost-update
    return true;
  }
}
