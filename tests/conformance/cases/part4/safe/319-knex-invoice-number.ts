// pattern: the counter row is advanced atomically and returned
import { db } from './knex';

export async function createInvoice(customerId: number, cents: number): Promise<number> {
  return db.transaction(async (trx) => {
    const [{ value }] = await trx('counters').where({ name: 'invoice' }).increment('value', 1).returning('value');
    await trx('invoices').insert({ number: value, customer_id: customerId, cents });
    return value;
  });
}
