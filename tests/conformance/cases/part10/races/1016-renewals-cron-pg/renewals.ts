// pattern: node-cron and pg on two instances: due subscriptions are selected, charged, and moved on by their id
import cron from 'node-cron';
import { Pool } from 'pg';
import { charge } from './billing';

const pool = new Pool();

interface Due {
  id: string;
  customer_id: string;
  price_cents: number;
}

export async function renewDue(): Promise<void> {
  const { rows } = await pool.query<Due>(
    `SELECT id, customer_id, price_cents
       FROM subscriptions
      WHERE status = 'active' AND renews_at <= now()
      ORDER BY renews_at
      LIMIT 100`,
  );
  for (const due of rows) {
    await charge(due.customer_id, due.price_cents); // RACE: check-then-act
    await pool.query(
      `UPDATE subscriptions SET renews_at = renews_at + interval '1 month', renewals = renewals + 1 WHERE id = $1`, // RACE: check-then-act
      [due.id],
    );
  }
}

cron.schedule('*/5 * * * *', () => renewDue().catch((error) => console.error('renewals', error)));
