// pattern: the order is claimed with a conditional update before the card is charged
import { NextApiRequest, NextApiResponse } from 'next';
import Stripe from 'stripe';
import prisma from '../../../lib/prisma';

const stripe = new Stripe(process.env.STRIPE_SECRET_KEY!);

export default async function handler(req: NextApiRequest, res: NextApiResponse) {
  if (req.method !== 'POST') return res.status(405).end();
  const id = String(req.query.id);

  const order = await prisma.order.findUnique({ where: { id } });
  if (!order) return res.status(404).end();
  const claim = await prisma.order.updateMany({ where: { id, status: 'PENDING' }, data: { status: 'CHARGING' } });
  if (claim.count === 0) return res.status(409).json({ error: 'already processed' });

  const intent = await stripe.paymentIntents.create({
    amount: order.totalCents,
    currency: 'eur',
    customer: order.stripeCustomerId,
    confirm: true,
  });
  await prisma.order.update({ where: { id }, data: { status: 'PAID', paymentId: intent.id } });
  return res.status(200).json({ paymentId: intent.id });
}
