import assert from 'node:assert/strict';
import { test } from 'node:test';
import { application } from '../src/app.ts';
import type { Account } from '../src/ledger.ts';
import { fresh } from './fresh.ts';
import { json, serve } from './serve.ts';

const db = await fresh();
const url = serve(application(db));

async function open(cents: number): Promise<number> {
  const opened = await fetch(`${url}/accounts`, json('POST', { owner: 'Ada', cents }));
  assert.equal(opened.status, 201);
  return ((await opened.json()) as Account).id;
}
async function transfer(key: string, from: number, to: number, cents: number): Promise<number> {
  return (await fetch(`${url}/transfers`, json('POST', { key, from, to, cents }))).status;
}
async function cents(id: number): Promise<number> {
  return ((await (await fetch(`${url}/accounts/${id}`)).json()) as Account).cents;
}

test('a transfer that is sent five times at once moves money once', async () => {
  const [a, b] = [await open(100), await open(0)];
  const statuses = await Promise.all(Array.from({ length: 5 }, () => transfer('k1', a, b, 30)));
  assert.deepEqual(statuses.sort(), [200, 200, 200, 200, 201]);
  assert.deepEqual([await cents(a), await cents(b)], [70, 30]);
  assert.equal(await transfer('k1', a, b, 31), 409);
});

test('no account goes below zero, whatever comes at once', async () => {
  const [a, b] = [await open(100), await open(0)];
  const statuses = await Promise.all([1, 2, 3, 4].map((number) => transfer(`short${number}`, a, b, 40)));
  assert.deepEqual(statuses.sort(), [201, 201, 402, 402]);
  assert.deepEqual([await cents(a), await cents(b)], [20, 80]);
});

test('transfers in opposite directions do not block each other, and the books agree', async () => {
  const [a, b] = [await open(100), await open(100)];
  const all = Array.from({ length: 10 }, (_, number) =>
    number % 2 === 0 ? transfer(`there${number}`, a, b, 10) : transfer(`back${number}`, b, a, 10),
  );
  assert.deepEqual(new Set(await Promise.all(all)), new Set([201]));
  const wrong = await db.query(
    `SELECT id FROM accounts WHERE cents <> (SELECT sum(cents) FROM entries WHERE account_id = accounts.id)`,
  );
  assert.deepEqual(wrong, []);
});

test('money does not go nowhere', async () => {
  const a = await open(100);
  assert.equal(await transfer('nowhere', a, 2_000_000_000, 10), 404);
  assert.equal(await transfer('self', a, a, 10), 422);
  assert.equal(await cents(a), 100);
});
