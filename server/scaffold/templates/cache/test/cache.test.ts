import assert from 'node:assert/strict';
import { test } from 'node:test';
import { application } from '../src/app.ts';
import { open } from '../src/store.ts';
import { serve } from './serve.ts';

const TEST = `test${process.pid}${Date.now()}`; // keys of our own in a Redis that others use too
let fetched: string[] = [];
const url = serve(
  application(
    open(),
    async (symbol) => {
      fetched.push(symbol);
      await new Promise((resolve) => setTimeout(resolve, 20));
      return { symbol, cents: 100 };
    },
    5,
  ),
);

function ask(symbol: string, client: string): Promise<Response> {
  return fetch(`${url}/quotes/${symbol}`, { headers: { 'x-client': TEST + client } });
}
function unique(): string {
  return Array.from({ length: 5 }, () => String.fromCharCode(65 + Math.floor(Math.random() * 26))).join('');
}

test('what is asked for at once, and again, is fetched once', async () => {
  fetched = [];
  const symbol = unique();
  const answers = await Promise.all([ask(symbol, 'a'), ask(symbol, 'a'), ask(symbol, 'b')]);
  for (const answer of answers) assert.deepEqual(await answer.json(), { symbol, cents: 100 });
  assert.equal((await ask(symbol, 'c')).status, 200);
  assert.deepEqual(fetched, [symbol]);
});

test('the limit is each client\'s own, and holds for requests at once', async () => {
  const symbol = unique();
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask(symbol, 'busy')));
  assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 200, 200, 200, 200, 429, 429, 429]);
  assert.equal((await ask(symbol, 'quiet')).status, 200);
});
