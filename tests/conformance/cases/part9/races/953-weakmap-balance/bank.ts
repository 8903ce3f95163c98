import { Account } from './account';

export default class Bank {
  static readonly #accounts: Record<string, Account> = {};

  static open(iban: string): Account {
    return (Bank.#accounts[iban] ??= new Account(iban));
  }

  static async pay(iban: string, cents: number): Promise<void> {
    if (!(await Bank.open(iban).withdraw(cents))) throw new Error(`not enough on ${iban}`);
  }
}
