import { HttpError, krepis, reply, t } from 'krepis';
import type { Database } from './database.ts';
import { Ledger } from './ledger.ts';

const ID_MAX = 2 ** 31 - 1;
const Text = t.string({ min: 1, max: 100, pattern: /^[^\0]*$/ });
const AccountId = t.integer({ min: 1, max: ID_MAX });
const Cents = { max: 1_000_000_000_00 };
const NewAccount = t.object({ owner: Text, cents: t.integer({ min: 0, ...Cents }) });
const NewTransfer = t.object({ key: Text, from: AccountId, to: AccountId, cents: t.integer({ min: 1, ...Cents }) });

export function application(db: Database) {
  const app = krepis()
    .provide('db', () => db)
    .provide('ledger', ({ db }) => new Ledger(db));

  app.post('/accounts', { body: NewAccount }, async (request, { ledger }) => {
    const { owner, cents } = request.valid.body;
    return reply(await ledger.open(owner, cents), { status: 201 });
  });

  app.get('/accounts/:id', { params: t.object({ id: AccountId }) }, async (request, { ledger }) => {
    const account = await ledger.find(request.valid.params.id);
    if (!account) throw new HttpError(404, 'no such account');
    return account;
  });

  app.post('/transfers', { body: NewTransfer }, async (request, { ledger }) => {
    const transfer = request.valid.body;
    if (transfer.from === transfer.to) throw new HttpError(422, 'from and to are the same');
    switch (await ledger.transfer(transfer)) {
      case 'done':
        return reply(transfer, { status: 201 });
      case 'repeated':
        return transfer;
      case 'other':
        throw new HttpError(409, 'the key belongs to another transfer');
      case 'unknown':
        throw new HttpError(404, 'no such account');
      case 'short':
        throw new HttpError(402, 'the account has not that much');
    }
  });

  app.fixed('GET', '/health', 'ok');
  return app;
}
