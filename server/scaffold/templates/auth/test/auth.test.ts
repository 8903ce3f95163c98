import assert from 'node:assert/strict';
import { test } from 'node:test';
import { application } from '../src/app.ts';
import { connect } from '../src/database.ts';
import { json, serve } from './serve.ts';

const url = serve(application(connect(':memory:'), 'a secret of at least thirty-two characters'));
const ADA = { email: 'Ada@example.com', password: 'correct horse battery' };
interface Pair {
  readonly accessToken: string;
  readonly refreshToken: string;
}

function post(path: string, body: unknown): Promise<Response> {
  return fetch(url + path, json('POST', body));
}
async function me(headers: Record<string, string>): Promise<number> {
  return (await fetch(`${url}/me`, { headers })).status;
}

test('of two who register the same address at once, one gets it', async () => {
  const answers = await Promise.all([post('/users', ADA), post('/users', { ...ADA, email: 'ada@example.com' })]);
  assert.deepEqual(answers.map((answer) => answer.status).sort(), [201, 409]);
});

test('a session begins with the right password, and ends', async () => {
  assert.equal((await post('/session', { ...ADA, password: 'wrong but long enough' })).status, 401);
  assert.equal((await post('/session', { ...ADA, email: 'nobody@example.com' })).status, 401);
  const begun = await post('/session', ADA);
  const cookie = begun.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  assert.equal(await me({ cookie }), 200);
  await fetch(`${url}/session`, { method: 'DELETE', headers: { cookie } });
  assert.equal(await me({ cookie }), 401);
});

test('a refresh token is good once, and its second use ends the family', async () => {
  const first = (await (await post('/tokens', ADA)).json()) as Pair;
  assert.equal(await me({ authorization: `Bearer ${first.accessToken}` }), 200);
  const second = (await (await post('/tokens/refresh', first)).json()) as Pair;
  assert.notEqual(second.refreshToken, first.refreshToken);
  assert.equal((await post('/tokens/refresh', first)).status, 401);
  assert.equal((await post('/tokens/refresh', second)).status, 401);
});

test('of many refreshes at once with one token, at most one succeeds', async () => {
  const pair = (await (await post('/tokens', ADA)).json()) as Pair;
  const answers = await Promise.all(Array.from({ length: 5 }, () => post('/tokens/refresh', pair)));
  assert.equal(answers.filter((answer) => answer.status === 200).length, 1);
});

test('a token that was changed is no token', async () => {
  const { accessToken } = (await (await post('/tokens', ADA)).json()) as Pair;
  assert.equal(await me({ authorization: `Bearer ${accessToken.slice(0, -2)}AA` }), 401);
  assert.equal(await me({}), 401);
});
