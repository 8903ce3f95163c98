// pattern: Express and pg: a Stripe event is looked up, the credits are added, the event is recorded last
import express from 'express';
import { Pool } from 'pg';
import Stripe from 'stripe';

const pool = new Pool({ connectionString: process.env.DATABASE_URL });
const stripe = new Stripe(process.env.STRIPE_SECRET_KEY!);
export const app = express();

async function onCheckoutCompleted(event: Stripe.CheckoutSessionCompletedEvent): Promise<void> {
  const session = event.data.object;
  const { rowCount } = await pool.query('SELECT 1 FROM stripe_events WHERE id = $1', [event.id]);
  if (rowCount) return;

  await pool.query('UPDATE customers SET credits = credits + $1 WHERE stripe_id = $2', [ // RACE: check-then-act
    Number(session.metadata?.credits ?? 0),
    session.customer,
  ]);
  await pool.query('INSERT INTO stripe_events (id, type) VALUES ($1, $2) ON CONFLICT DO NOTHING', [event.id, event.type]);
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
