// pattern: Kysely transaction: two balances read with Promise.all, two written
import type { Kysely } from 'kysely';

interface Accounts {
  accounts: { id: string; balance: number };
}

export class TransferService {
  constructor(private readonly db: Kysely<Accounts>) {}

  async transfer(from: string, to: string, amount: number): Promise<void> {
    await this.db.transaction().execute(async (trx) => {
      const source = await trx.selectFrom('accounts').select('balance').where('id', '=', from).executeTakeFirstOrThrow();
      const target = await trx.selectFrom('accounts').select('balance').where('id', '=', to).executeTakeFirstOrThrow();
      if (source.balance < amount) throw new Error('insufficient funds');
      await trx.updateTable('accounts').set({ balance: source.balance - amount }).where('id', '=', from).execute(); // RACE: lost-update
      await trx.updateTable('accounts').set({ balance: target.balance + amount }).where('id', '=', to).execute(); // RACE: lost-update
    });
  }
}
