import { Hono } from 'hono';
import { ledger } from './ledger';

const app = new Hono();
const replies = new Map<string, { status: number; body: unknown }>();

app.post('/transfers', async (c) => {
  const key = c.req.header('Idempotency-Key') ?? '';
  const known = replies.get(key);
  if (known) return c.json(known.body as object, 200);
  const { from, to, cents } = await c.req.json<{ from: string; to: string; cents: number }>();
  const receipt = await ledger.createTransfer(from, to, cents); // RACE: check-then-act
  replies.set(key, { status: 201, body: receipt });
  return c.json(receipt, 201);
});

export default app;
