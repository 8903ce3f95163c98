// pattern: the audit row's promise is neither awaited nor returned inside the transaction that ends before it
import { db } from './knex';

export async function rename(userId: string, name: string): Promise<void> {
  await db.transaction(async (trx) => {
    const before = await trx('users').where({ id: userId }).forUpdate().first('name');
    await trx('users').where({ id: userId }).update({ name });
    audit(trx, userId, before.name, name); // RACE: floating-promise
  });
}

async function audit(trx: typeof db, userId: string, from: string, to: string): Promise<void> {
  await trx('audit').insert({ user_id: userId, from, to });
}
