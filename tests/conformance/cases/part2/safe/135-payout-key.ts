// pattern: the idempotency key at Stripe is the payout's id: the second call gets the first transfer
import { Job, Worker } from 'bullmq';
import { Pool } from 'pg';
import Stripe from 'stripe';
import { connection } from './queue';

const pool = new Pool();
const stripe = new Stripe(process.env.STRIPE_KEY!);

export async function payOut(job: Job<{ payoutId: string }>): Promise<string> {
  const { payoutId } = job.data;
  const { rows } = await pool.query('SELECT amount, account, transfer_id FROM payouts WHERE id = $1', [payoutId]);
  const payout = rows[0];
  if (payout.transfer_id) return payout.transfer_id;

  const params = { amount: payout.amount, currency: 'usd', destination: payout.account };
  const transfer = await stripe.transfers.create(params, { idempotencyKey: `payout-${payoutId}` });
  await pool.query('UPDATE payouts SET transfer_id = $2 WHERE id = $1', [payoutId, transfer.id]);
  return transfer.id;
}

export const worker = new Worker('payouts', payOut, { connection, concurrency: 4 });
