// pattern: awaited
import { db } from './knex';

export async function rename(userId: string, name: string): Promise<void> {
  await db.transaction(async (trx) => {
    const before = await trx('users').where({ id: userId }).forUpdate().first('name');
    await trx('users').where({ id: userId }).update({ name });
    await audit(trx, userId, before.name, name);
  });
}

async function audit(trx: typeof db, userId: string, from: string, to: string): Promise<void> {
  await trx('audit').insert({ user_id: userId, from, to });
}
