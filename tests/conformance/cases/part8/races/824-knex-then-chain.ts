// pattern: knex in a then chain: balance read, fraud check awaited, difference written
import knexFactory from 'knex';
import { fraud } from './fraud';

const knex = knexFactory({ client: 'pg', connection: process.env.DATABASE_URL });

export function withdraw(accountId: number, cents: number): Promise<{ left: number }> {
  return knex('accounts')
    .where({ id: accountId })
    .first('balance')
    .then((account) => {
      if (!account || account.balance < cents) throw new Error('insufficient funds');
      return fraud
        .check(accountId, cents)
        .then(() => knex('accounts').where('id', accountId).update({ balance: account.balance - cents })) // RACE: lost-update
        .then(() => ({ left: account.balance - cents }));
    });
}
