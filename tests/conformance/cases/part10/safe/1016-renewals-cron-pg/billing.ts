import Stripe from 'stripe';

const stripe = new Stripe(process.env.STRIPE_KEY!);

export async function charge(customerId: string, amount: number): Promise<string> {
  const intent = await stripe.paymentIntents.create({
    customer: customerId,
    amount,
    currency: 'eur',
    confirm: true,
    off_session: true,
  });
  return intent.id;
}
