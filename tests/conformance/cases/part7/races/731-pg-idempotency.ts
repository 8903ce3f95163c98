// pattern: idempotency key looked up in Postgres, charged, stored afterwards
import { Pool } from 'pg';
import Stripe from 'stripe';

export class Payments {
  constructor(
    private readonly pool: Pool,
    private readonly stripe: Stripe,
  ) {}

  async pay(key: string, customer: string, amount: number): Promise<string> {
    const seen = await this.pool.query('SELECT intent_id FROM payments WHERE idempotency_key = $1', [key]);
    if (seen.rowCount) return seen.rows[0].intent_id;
    const intent = await this.stripe.paymentIntents.create({ customer, amount, currency: 'eur', confirm: true }); // RACE: check-then-act
    await this.pool.query('INSERT INTO payments (idempotency_key, intent_id) VALUES ($1, $2)', [key, intent.id]); // RACE: check-then-act
    return intent.id;
  }
}
