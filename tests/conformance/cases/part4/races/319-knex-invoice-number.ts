// pattern: next number is max + 1 in a READ COMMITTED transaction
import { db } from './knex';

export async function createInvoice(customerId: number, cents: number): Promise<number> {
  return db.transaction(async (trx) => {
    const row = await trx('invoices').max('number as last').first();
    const number = Number(row?.last ?? 0) + 1;
    await trx('invoices').insert({ number, customer_id: customerId, cents }); // RACE: lost-update
    return number;
  });
}
