import assert from 'node:assert/strict';
import { test } from 'node:test';
import { application } from '../src/app.ts';
import { sign } from '../src/signature.ts';
import { fresh } from './fresh.ts';
import { serve } from './serve.ts';

const SECRET = 'secret';
const url = serve(application(await fresh(), SECRET));

function deliver(event: unknown, seconds = Math.floor(Date.now() / 1000), secret = SECRET): Promise<Response> {
  const body = JSON.stringify(event);
  const headers = { 'content-type': 'application/json', 'x-signature': `t=${seconds},v1=${sign(secret, seconds, body)}` };
  return fetch(`${url}/webhooks/payments`, { method: 'POST', body, headers });
}

async function paid(order: string): Promise<unknown> {
  return ((await (await fetch(`${url}/orders/${order}`)).json()) as { paidCents: number }).paidCents;
}

test('an event that is delivered five times at once is handled once', async () => {
  const event = { id: 'evt_1', order: 'o1', cents: 500 };
  const answers = await Promise.all(Array.from({ length: 5 }, () => deliver(event)));
  assert.deepEqual(new Set(answers.map((answer) => answer.status)), new Set([200]));
  const handled = await Promise.all(answers.map(async (answer) => ((await answer.json()) as { handled: boolean }).handled));
  assert.equal(handled.filter(Boolean).length, 1);
  assert.equal(await paid('o1'), 500);
});

test('two events of one order add up', async () => {
  await Promise.all([deliver({ id: 'evt_2', order: 'o2', cents: 1 }), deliver({ id: 'evt_3', order: 'o2', cents: 2 })]);
  assert.equal(await paid('o2'), 3);
});

test('what is not signed, or long ago, is refused', async () => {
  const event = { id: 'evt_4', order: 'o4', cents: 500 };
  assert.equal((await deliver(event, undefined, 'guess')).status, 401);
  assert.equal((await deliver(event, 1_700_000_000)).status, 401);
  assert.equal((await fetch(`${url}/orders/o4`)).status, 404);
});
