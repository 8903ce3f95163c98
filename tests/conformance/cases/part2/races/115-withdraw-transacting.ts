// pattern: forUpdate() on a query that is not bound to the transaction locks nothing that lasts
import type { Knex } from 'knex';

export class InsufficientFunds extends Error {}

export class AccountGateway {
  constructor(private readonly knex: Knex) {}

  async withdraw(accountId: string, amount: number): Promise<number> {
    return this.knex.transaction(async (trx) => {
      const account = await this.knex('accounts').where({ id: accountId }).forUpdate().first();
      if (!account || account.balance < amount) throw new InsufficientFunds(accountId);
      const balance = account.balance - amount;
      await trx('accounts').where({ id: accountId }).update({ balance }); // RACE: lost-update
      await trx('ledger').insert({ account_id: accountId, delta: -amount });
      return balance;
    });
  }

  async statement(accountId: string, limit = 50) {
    return this.knex('ledger').where({ account_id: accountId }).orderBy('id', 'desc').limit(limit);
  }
}
