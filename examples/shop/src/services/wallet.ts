import { withTransaction } from '../db/tx.js';
import { ConflictError } from '../middleware/errors.js';
import type { AccountRepository } from '../repositories/accounts.js';

export class WalletService {
  constructor(private readonly accounts: AccountRepository) {}

  async transfer(from: string, to: string, cents: number): Promise<void> {
    if (from === to) {
      return;
    }
    await withTransaction(async (tx) => {
      const balances = await this.accounts.lockBalances(tx, [from, to]);
      const available = balances.get(from);
      const target = balances.get(to);
      if (available === undefined || target === undefined) {
        throw new ConflictError('both customers need a wallet');
      }
      if (available < cents) {
        throw new ConflictError('not enough money in the wallet');
      }
      await this.accounts.setBalance(tx, from, available - cents);
      await this.accounts.setBalance(tx, to, target + cents);
    });
  }
}
