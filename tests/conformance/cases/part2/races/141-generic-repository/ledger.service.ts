import type { Account } from './account';
import type { Repository } from './repository';

export class UnknownAccount extends Error {}

export class LedgerService {
  readonly #accounts: Repository<Account>;

  constructor(accounts: Repository<Account>) {
    this.#accounts = accounts;
  }

  async post(accountId: string, amount: number): Promise<number> {
    const account = await this.#accounts.get(accountId);
    if (account === undefined) throw new UnknownAccount(accountId);
    const balance = account.balance + amount;
    await this.#accounts.save({ ...account, balance, postings: account.postings + 1 }); // RACE: lost-update
    return balance;
  }
}
