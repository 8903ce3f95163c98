/** Tenants through real sockets: whose a request is, what is refused, and how turns are shared. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { krepis, reply } from '../sdk/index.ts';
import { Tenants } from '../sdk/tenants.ts';

/** A request as a tenant's; returns the status, the text and when to come again. */
async function ask(port: number, path: string, key?: string): Promise<[number, string, string | null]> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, key ? { headers: { 'x-key': key } } : {});
  return [response.status, await response.text(), response.headers.get('retry-after')];
}

test('a tenant that floods gets 429 and 503, and the others what they asked for', async () => {
  const app = krepis();
  const gates: (() => void)[] = [];
  const told = app.tenants({
    header: 'x-key',
    tenants: [
      { name: 'slow', headers: ['s'], rate: 1, burst: 2 },
      { name: 'busy', headers: ['b'], running: 1, queued: 1 },
      { name: 'shop', prefixes: ['/shop', '/shop-metrics'] },
    ],
  });
  app
    .get('/shop/:what', (request) => request.params.what)
    .get('/now', () => 'now')
    .get('/wait', () => new Promise<string>((resolve) => gates.push(() => resolve('waited'))))
    .metrics('/shop-metrics')
    .fixed('GET', '/health', 'ok');
  const server = app.listen(0);
  const { port } = server;
  assert.deepEqual(await ask(port, '/now', 's'), [200, 'now', null]);
  assert.deepEqual(await ask(port, '/now', 's'), [200, 'now', null]);
  const [status, text, retry] = await ask(port, '/now', 's');
  assert.deepEqual([status, text, retry], [429, 'Too Many Requests', '1']);
  const first = ask(port, '/wait', 'b');
  while (gates.length < 1) await new Promise((resolve) => setImmediate(resolve));
  const second = ask(port, '/wait', 'b');
  while (told.metrics()[1]?.queued !== 1) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(await ask(port, '/wait', 'b'), [503, 'Service Unavailable', '1']);
  assert.deepEqual(await ask(port, '/shop/tea'), [200, 'tea', null]);
  assert.equal((await ask(port, '/now'))[0], 404);
  assert.deepEqual(await ask(port, '/health'), [200, 'ok', null]);
  gates.shift()?.();
  assert.deepEqual(await first, [200, 'waited', null]);
  while (gates.length < 1) await new Promise((resolve) => setImmediate(resolve));
  gates.shift()?.();
  assert.deepEqual(await second, [200, 'waited', null]);
  const seen = told
    .metrics()
    .map(({ name, offered, limited, refused, ended }) => [name, offered, limited, refused, ended]);
  assert.deepEqual(seen, [
    ['slow', 3, 1, 0, 2],
    ['busy', 3, 0, 1, 2],
    ['shop', 1, 0, 0, 1],
  ]);
  const [, metrics] = await ask(port, '/shop-metrics');
  assert.match(metrics, /^krepis_tenant_requests_total\{tenant="slow",outcome="limited"\} 1$/m);
  assert.match(metrics, /^krepis_tenant_requests\{tenant="shop",state="running"\} 1$/m);
  await server.close();
});

test('hooks run within, and what fails is ended too', async () => {
  const app = krepis();
  const told = app.tenants({ running: 1, tenants: [{ name: 'all', prefixes: ['/'], running: 1 }] });
  app
    .before((request) => (request.path === '/early' ? reply('early', { status: 202 }) : undefined))
    .onError((error) => reply(String(error), { status: 500 }))
    .get('/early', () => 'late')
    .get('/throws', () => {
      throw new Error('sync');
    })
    .get('/rejects', async () => {
      await null;
      throw new Error('async');
    });
  const server = app.listen(0);
  for (let i = 0; i < 3; i++) {
    assert.equal((await ask(server.port, '/early'))[0], 202);
    assert.equal((await ask(server.port, '/throws'))[1], 'Error: sync');
    assert.equal((await ask(server.port, '/rejects'))[1], 'Error: async');
  }
  const [all] = told.metrics();
  assert.deepEqual([all?.ended, all?.running, all?.queued], [9, 0, 0]);
  await server.close();
});

test('when all wait, turns go round the tenants, whoever asked most', async () => {
  const app = krepis();
  const order: string[] = [];
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const told = app.tenants({
    running: 1,
    tenants: [
      { name: 'flood', prefixes: ['/flood'] },
      { name: 'quiet', prefixes: ['/quiet'] },
    ],
  });
  const run = async (who: string): Promise<string> => {
    order.push(who);
    // Dearer than a quantum, so that the turn is over with it.
    for (const until = performance.now() + 2; performance.now() < until; );
    await opened;
    return who;
  };
  app.get('/flood', () => run('flood')).get('/quiet', () => run('quiet'));
  const server = app.listen(0);
  const asked = Array.from({ length: 30 }, () => ask(server.port, '/flood'));
  while (told.metrics()[0]?.queued !== 29) await new Promise((resolve) => setImmediate(resolve));
  asked.push(ask(server.port, '/quiet'));
  while (told.metrics()[1]?.queued !== 1) await new Promise((resolve) => setImmediate(resolve));
  open();
  for (const [status] of await Promise.all(asked)) assert.equal(status, 200);
  assert.equal(order.length, 31);
  assert.equal(order[1], 'quiet', order.join());
  await server.close();
});

test('one that has all that it may have takes no room of another', async () => {
  const tenants = new Tenants({
    tenants: [
      { name: 'flood', prefixes: ['/flood'], queued: 66_000 },
      { name: 'quiet', prefixes: ['/quiet'] },
    ],
  });
  const app = krepis().get('/*path', (request) => {
    const forEver = (): Promise<string> => new Promise(() => {});
    if (request.path === '/quiet') return tenants.run(request, () => 'let in');
    for (let i = 0; i < 66_100; i++) tenants.run(request, forEver);
    assert.throws(() => tenants.run(request, forEver), /Service Unavailable/);
    return 'full';
  });
  for (const [path, text] of Object.entries({ flood: 'full', quiet: 'let in' }))
    assert.equal(await (await app.fetch(new Request(`http://a/${path}`))).text(), text);
  const many = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ name: `${i}`, queued: 1 << 20 }));
  assert.throws(() => new Tenants({ tenants: many(16) }), /16778816 requests at once.*lower queued/);
});

test('rules that clash and limits out of range are refused', () => {
  const app = krepis();
  const one = { name: 'one', hosts: ['a.example'] };
  assert.throws(
    () => app.tenants({ tenants: [one, { name: 'two', hosts: ['A.example'] }] }),
    /two: hosts has "A.example"/,
  );
  assert.throws(() => app.tenants({ tenants: [{ name: 'one', prefixes: ['shop'] }] }), /malformed/);
  assert.throws(() => app.tenants({ tenants: [{ ...one, weight: 0 }] }), /out of range/);
});
