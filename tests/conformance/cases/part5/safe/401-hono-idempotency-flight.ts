import { Hono } from 'hono';
import { ledger, type Receipt } from './ledger';

const app = new Hono();
const replies = new Map<string, Promise<Receipt>>();

app.post('/transfers', async (c) => {
  const key = c.req.header('Idempotency-Key') ?? '';
  const { from, to, cents } = await c.req.json<{ from: string; to: string; cents: number }>();
  let reply = replies.get(key);
  if (!reply) {
    reply = ledger.createTransfer(from, to, cents);
    replies.set(key, reply);
    reply.catch(() => replies.delete(key));
  }
  return c.json(await reply, 201);
});

export default app;
