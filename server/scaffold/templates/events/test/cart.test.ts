import assert from 'node:assert/strict';
import { test } from 'node:test';
import { application } from '../src/app.ts';
import { after, type CartEvent, EMPTY } from '../src/cart.ts';
import { connect } from '../src/database.ts';
import { json, serve } from './serve.ts';

const url = serve(application(connect(':memory:')));

async function command(cart: string, name: string, body: unknown): Promise<number> {
  return (await fetch(`${url}/carts/${cart}/${name}`, json('POST', body))).status;
}

test('a cart is what happened to it', async () => {
  assert.equal(await command('a', 'add', { version: 0, sku: 'tea', count: 2 }), 201);
  assert.equal(await command('a', 'add', { version: 1, sku: 'cup', count: 1 }), 201);
  assert.equal(await command('a', 'remove', { version: 2, sku: 'cup' }), 201);
  assert.equal(await command('a', 'order', { version: 3 }), 201);
  assert.deepEqual(await (await fetch(`${url}/carts/a`)).json(), { lines: { tea: 2 }, isOrdered: true, version: 4 });
  const events = (await (await fetch(`${url}/carts/a/events`)).json()) as CartEvent[];
  assert.deepEqual(events.reduce(after, EMPTY), { lines: { tea: 2 }, isOrdered: true });
});

test('of commands that have seen the same version, one happens', async () => {
  const all = await Promise.all(
    Array.from({ length: 5 }, () => command('b', 'add', { version: 0, sku: 'tea', count: 1 })),
  );
  assert.deepEqual(all.sort(), [201, 409, 409, 409, 409]);
});

test('what makes no sense does not happen', async () => {
  assert.equal(await command('c', 'order', { version: 0 }), 422);
  assert.equal(await command('c', 'remove', { version: 0, sku: 'tea' }), 422);
});
