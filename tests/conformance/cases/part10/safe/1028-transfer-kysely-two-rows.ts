// pattern: the reads say forUpdate, in the order of the ids
import type { Kysely } from 'kysely';

interface Accounts {
  accounts: { id: string; balance: number };
}

export class TransferService {
  constructor(private readonly db: Kysely<Accounts>) {}

  async transfer(from: string, to: string, amount: number): Promise<void> {
    await this.db.transaction().execute(async (trx) => {
      const taken = await trx
        .updateTable('accounts')
        .set((eb) => ({ balance: eb('balance', '-', amount) }))
        .where('id', '=', from)
        .where('balance', '>=', amount)
        .executeTakeFirst();
      if (taken.numUpdatedRows === 0n) throw new Error('insufficient funds');
      await trx
        .updateTable('accounts')
        .set((eb) => ({ balance: eb('balance', '+', amount) }))
        .where('id', '=', to)
        .execute();
    });
  }
}
