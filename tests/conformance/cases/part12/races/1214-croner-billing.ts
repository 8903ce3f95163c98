import { Cron } from 'croner';
import knex from 'knex';
import Stripe from 'stripe';

const db = knex({ client: 'pg', connection: process.env.DATABASE_URL });
const stripe = new Stripe(process.env.STRIPE_KEY!);

interface Subscription {
  id: number;
  customer: string;
  cents: number;
  paid_until: Date;
}

async function renew(subscription: Subscription): Promise<void> {
  await stripe.paymentIntents.create({ // RACE: check-then-act
    amount: subscription.cents,
    currency: 'eur',
    customer: subscription.customer,
    confirm: true,
  });
  await db('subscriptions')
    .where({ id: subscription.id })
    .update({ paid_until: new Date(subscription.paid_until.getTime() + 30 * 86_400_000) });
}

export const billing = new Cron('*/5 * * * *', async () => {
  const due: Subscription[] = await db('subscriptions').where('paid_until', '<', new Date());
  for (const subscription of due) {
    try {
      await renew(subscription);
    } catch (err) {
      console.error('renewal failed', subscription.id, err);
    }
  }
});
