// pattern: status read, card charged, status written: a double click charges twice
import { NextApiRequest, NextApiResponse } from 'next';
import Stripe from 'stripe';
import prisma from '../../../lib/prisma';

const stripe = new Stripe(process.env.STRIPE_SECRET_KEY!);

export default async function handler(req: NextApiRequest, res: NextApiResponse) {
  if (req.method !== 'POST') return res.status(405).end();
  const id = String(req.query.id);

  const order = await prisma.order.findUnique({ where: { id } });
  if (!order) return res.status(404).end();
  if (order.status !== 'PENDING') return res.status(409).json({ error: 'already processed' });

  const intent = await stripe.paymentIntents.create({ // RACE: check-then-act
    amount: order.totalCents,
    currency: 'eur',
    customer: order.stripeCustomerId,
    confirm: true,
  });
  await prisma.order.update({ where: { id }, data: { status: 'PAID', paymentId: intent.id } }); // RACE: check-then-act
  return res.status(200).json({ paymentId: intent.id });
}
