// pattern: the key is inserted first, ON CONFLICT DO NOTHING; only whoever inserted it charges
import { Pool } from 'pg';
import Stripe from 'stripe';

export class Payments {
  constructor(
    private readonly pool: Pool,
    private readonly stripe: Stripe,
  ) {}

  async pay(key: string, customer: string, amount: number): Promise<string | null> {
    const claim = await this.pool.query(
      'INSERT INTO payments (idempotency_key) VALUES ($1) ON CONFLICT (idempotency_key) DO NOTHING RETURNING id',
      [key],
    );
    if (claim.rowCount === 0) {
      const earlier = await this.pool.query('SELECT intent_id FROM payments WHERE idempotency_key = $1', [key]);
      return earlier.rows[0].intent_id;
    }
    const intent = await this.stripe.paymentIntents.create({ customer, amount, currency: 'eur', confirm: true });
    await this.pool.query('UPDATE payments SET intent_id = $2 WHERE idempotency_key = $1', [key, intent.id]);
    return intent.id;
  }
}
