import { HttpError, krepis, t } from 'krepis';
import type { Database } from './database.ts';
import { book, paid } from './orders.ts';
import { isSigned } from './signature.ts';

const Text = t.string({ min: 1, max: 100, pattern: /^[^\0]*$/ });
const Paid = t.object({ id: Text, order: Text, cents: t.integer({ min: 1, max: 100_000_000 }) });

export function application(db: Database, secret: string) {
  const app = krepis().provide('db', () => db);

  app.post('/webhooks/payments', { body: Paid }, async (request, { db }) => {
    const now = Math.floor(Date.now() / 1000);
    if (!isSigned(secret, request.header('x-signature') ?? '', request.text(), now))
      throw new HttpError(401, 'the signature is missing, wrong or old');
    const isNew = await book(db, request.valid.body);
    return { handled: isNew };
  });

  app.get('/orders/:id', async (request, { db }) => {
    const cents = await paid(db, request.params.id);
    if (cents === undefined) throw new HttpError(404, 'no such order');
    return { id: request.params.id, paidCents: cents };
  });

  app.fixed('GET', '/health', 'ok');
  return app;
}
