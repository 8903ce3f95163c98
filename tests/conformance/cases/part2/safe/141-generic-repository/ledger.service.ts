import type { Account } from './account';
import { KeyedQueue } from './keyed-queue';
import type { Repository } from './repository';

export class UnknownAccount extends Error {}

export class LedgerService {
  readonly #accounts: Repository<Account>;
  readonly #queue: KeyedQueue;

  constructor(accounts: Repository<Account>, queue: KeyedQueue) {
    this.#accounts = accounts;
    this.#queue = queue;
  }

  post(accountId: string, amount: number): Promise<number> {
    return this.#queue.run(accountId, async () => {
      const account = await this.#accounts.get(accountId);
      if (account === undefined) throw new UnknownAccount(accountId);
      const balance = account.balance + amount;
      await this.#accounts.save({ ...account, balance, postings: account.postings + 1 });
      return balance;
    });
  }
}
