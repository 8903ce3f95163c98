// pattern: each is locked with FOR UPDATE SKIP LOCKED in a transaction of its own until it has been moved on
import cron from 'node-cron';
import { Pool } from 'pg';
import { charge } from './billing';

const pool = new Pool();

interface Due {
  id: string;
  customer_id: string;
  price_cents: number;
}

async function renewNext(): Promise<boolean> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const { rows } = await client.query<Due>(
      `SELECT id, customer_id, price_cents
         FROM subscriptions
        WHERE status = 'active' AND renews_at <= now()
        ORDER BY renews_at
        LIMIT 1
          FOR UPDATE SKIP LOCKED`,
    );
    const due = rows[0];
    if (due) {
      await charge(due.customer_id, due.price_cents);
      await client.query(
        `UPDATE subscriptions SET renews_at = renews_at + interval '1 month', renewals = renewals + 1 WHERE id = $1`,
        [due.id],
      );
    }
    await client.query('COMMIT');
    return due !== undefined;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

export async function renewDue(): Promise<void> {
  while (await renewNext());
}

cron.schedule('*/5 * * * *', () => renewDue().catch((error) => console.error('renewals', error)));
