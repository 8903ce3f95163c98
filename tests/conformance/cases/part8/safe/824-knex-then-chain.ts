// pattern: conditional relative update at the end of the chain
import knexFactory from 'knex';
import { fraud } from './fraud';

const knex = knexFactory({ client: 'pg', connection: process.env.DATABASE_URL });

export function withdraw(accountId: number, cents: number): Promise<{ left: number }> {
  return fraud
    .check(accountId, cents)
    .then(() =>
      knex('accounts')
        .where('id', accountId)
        .andWhere('balance', '>=', cents)
        .decrement('balance', cents)
        .returning('balance'),
    )
    .then(([row]) => {
      if (!row) throw new Error('insufficient funds');
      return { left: row.balance };
    });
}
