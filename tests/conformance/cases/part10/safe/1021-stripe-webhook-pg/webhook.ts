// pattern: the event is inserted first under its primary key, in the transaction that adds the credits
import express from 'express';
import { Pool } from 'pg';
import Stripe from 'stripe';

const pool = new Pool({ connectionString: process.env.DATABASE_URL });
const stripe = new Stripe(process.env.STRIPE_SECRET_KEY!);
export const app = express();

async function onCheckoutCompleted(event: Stripe.CheckoutSessionCompletedEvent): Promise<void> {
  const session = event.data.object;
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const { rowCount } = await client.query(
      'INSERT INTO stripe_events (id, type) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING',
      [event.id, event.type],
    );
    if (rowCount === 1) {
      await client.query('UPDATE customers SET credits = credits + $1 WHERE stripe_id = $2', [
        Number(session.metadata?.credits ?? 0),
        session.customer,
      ]);
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

app.post('/webhooks/stripe', express.raw({ type: 'application/json' }), async (req, res) => {
  let event: Stripe.Event;
  try {
    event = stripe.webhooks.constructEvent(req.body, req.headers['stripe-signature']!, process.env.STRIPE_WEBHOOK_SECRET!);
  } catch {
    res.status(400).send('bad signature');
    return;
  }
  if (event.type === 'checkout.session.completed') await onCheckoutCompleted(event);
  res.json({ received: true });
});
