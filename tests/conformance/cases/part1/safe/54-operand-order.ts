// pattern: the awaited operand stands on the left, so the accessor is read after the suspension
import type { FxClient } from './fx.client';

class Account {
  #cents = 0;

  get cents(): number {
    return this.#cents;
  }

  set cents(value: number) {
    if (!Number.isSafeInteger(value)) throw new RangeError('not a whole number of cents');
    this.#cents = value;
  }
}

const accounts: { [iban: string]: Account } = Object.create(null);

export const open = (iban: string): void => {
  accounts[iban] ??= new Account();
};

export const deposit = async (iban: string, amount: number, currency: string, fx: FxClient): Promise<void> => {
  const account = accounts[iban];
  if (account === undefined) throw new Error(`unknown account ${iban}`);
  account.cents = Math.round(amount * (await fx.rate(currency, 'EUR'))) + account.cents;
};
