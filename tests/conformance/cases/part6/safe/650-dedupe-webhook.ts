import type { Request, Response } from 'express';
import Stripe from 'stripe';
import { fulfil } from './orders';

const stripe = new Stripe(process.env.STRIPE_KEY!);
const seen = new Set<string>();

export async function webhook(req: Request, res: Response): Promise<void> {
  const event = stripe.webhooks.constructEvent(req.body, req.header('stripe-signature')!, process.env.STRIPE_SECRET!);
  if (seen.has(event.id)) {
    res.json({ duplicate: true });
    return;
  }
  seen.add(event.id);
  try {
    if (event.type === 'checkout.session.completed') await fulfil(event.data.object.id);
    res.json({ received: true });
  } catch (error) {
    seen.delete(event.id);
    res.status(500).end();
  }
}
