import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type App, HttpError, type KrepisRequest, krepis, type Listening, reply } from '../sdk/index.ts';
import { bodies, exchange, pipelined } from './client.ts';

function routes(app: App): App {
  return app
    .get('/', () => 'Hello')
    .get('/users/:id', (request) => ({ id: request.params.id }))
    .get('/files/:owner/*path', (request) => [request.params.owner, request.params.path])
    .post('/echo', (request) => request.json() as object)
    .post('/bytes', (request) => request.bytes())
    .get('/nothing', () => undefined)
    .get('/null', () => null)
    .get('/made', () =>
      reply({ a: 1 }, { status: 201, headers: { 'X-A': 'b', 'Set-Cookie': ['c=1', 'd=2'] } }),
    )
    .get('/response', async () => new Response('web', { status: 202, headers: { 'x-y': 'z' } }))
    .get('/await/:n', async (request) => {
      await null;
      return request.params.n;
    })
    .get('/sleep/:ms', async (request) => {
      const { ms } = request.params;
      await sleep(Number(ms));
      return `slept ${ms}`;
    })
    .get('/teapot', () => {
      throw new HttpError(418, 'short and stout');
    })
    .get('/throws', () => {
      throw new Error('expected in this test');
    })
    .get('/rejects', async () => {
      await null;
      throw new Error('expected in this test');
    })
    .get('/splits', () => reply('', { headers: { x: 'a\r\n\r\nHTTP/1.1 200 OK' } }))
    .get('/frames', () => reply('', { headers: { 'Content-Length': '7' } }))
    .get(
      '/text/:what',
      (request) =>
        ({ half: 'a\ud83d', other: '\ude00b', face: '\u{1f600}', e: '\u00e9' })[request.params.what],
    )
    .get('/seen', (request) => ({
      method: request.method,
      path: request.path,
      search: request.search,
      q: request.query.get('q'),
      host: request.header('HOST'),
      many: request.header('x-many'),
      cookie: request.header('cookie'),
      none: request.header('ost'),
      lines: request.headerLines().length,
      web: request.headers.get('x-many'),
    }))
    .fixed('GET', '/fixed', reply('kept', { headers: { 'x-f': 'g' } }));
}

describe('an application', () => {
  let server: Listening;
  let base: string;
  const errors: unknown[] = [];
  const { error } = console;

  before(() => {
    console.error = (...values: unknown[]) => errors.push(values.at(-1));
    server = routes(krepis()).listen(0);
    base = `http://127.0.0.1:${server.port}`;
  });
  after(async () => {
    console.error = error;
    await server.close();
  });

  const cases: [path: string, status: number, body: string, type: string | null][] = [
    ['/', 200, 'Hello', 'text/plain; charset=utf-8'],
    ['/users/a%20b', 200, '{"id":"a b"}', 'application/json'],
    ['/users/%zz', 400, 'malformed percent-encoding', 'text/plain; charset=utf-8'],
    ['/files/me/a/b.txt', 200, '["me","a/b.txt"]', 'application/json'],
    ['/nothing', 204, '', null],
    ['/null', 200, 'null', 'application/json'],
    ['/made', 201, '{"a":1}', 'application/json'],
    ['/response', 202, 'web', 'text/plain;charset=UTF-8'],
    ['/await/7', 200, '7', 'text/plain; charset=utf-8'],
    ['/sleep/2', 200, 'slept 2', 'text/plain; charset=utf-8'],
    ['/teapot', 418, 'short and stout', 'text/plain; charset=utf-8'],
    ['/throws', 500, 'Internal Server Error', 'text/plain; charset=utf-8'],
    ['/rejects', 500, 'Internal Server Error', 'text/plain; charset=utf-8'],
    ['/splits', 500, 'Internal Server Error', 'text/plain; charset=utf-8'],
    ['/frames', 500, 'Internal Server Error', 'text/plain; charset=utf-8'],
    ['/fixed', 200, 'kept', 'text/plain; charset=utf-8'],
    ['/none', 404, 'Not Found', 'text/plain; charset=utf-8'],
  ];
  for (const [path, status, body, type] of cases) {
    test(`answers ${path}`, async () => {
      const got = await fetch(base + path);
      assert.deepEqual([got.status, await got.text(), got.headers.get('content-type')], [status, body, type]);
    });
    test(`answers ${path} without a socket`, async () => {
      if (['/splits', '/frames'].includes(path)) return; // what the wire refuses, a Response may hold
      const got = await routes(krepis()).fetch(new Request(base + path));
      assert.deepEqual([got.status, await got.text(), got.headers.get('content-type')], [status, body, type]);
    });
  }

  test('reports what went wrong', () => {
    assert.ok(errors.some((one) => one instanceof Error && one.message === 'expected in this test'));
  });

  test('sends the headers of a reply', async () => {
    const got = await fetch(`${base}/made`);
    assert.deepEqual([got.headers.get('x-a'), got.headers.getSetCookie()], ['b', ['c=1', 'd=2']]);
  });

  test('reads JSON and bytes, whole and in chunks', async () => {
    const value = { a: ['\u00e9', '\u{1f600}', 'x'.repeat(100_000)] };
    const got = await fetch(`${base}/echo`, { method: 'POST', body: JSON.stringify(value) });
    assert.deepEqual(await got.json(), value);
    const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i);
    const chunks = new ReadableStream({
      start(controller) {
        for (let i = 0; i < bytes.length; i += 7000) controller.enqueue(bytes.slice(i, i + 7000));
        controller.close();
      },
    });
    const back = await fetch(`${base}/bytes`, {
      method: 'POST',
      body: chunks,
      duplex: 'half',
    } as RequestInit);
    assert.deepEqual(new Uint8Array(await back.arrayBuffer()), bytes);
    assert.equal((await fetch(`${base}/echo`, { method: 'POST', body: '{' })).status, 400);
  });

  test('answers HEAD and refuses methods', async () => {
    const head = await fetch(`${base}/users/1`, { method: 'HEAD' });
    assert.deepEqual([head.status, head.headers.get('content-length'), await head.text()], [200, '10', '']);
    const refused = await fetch(`${base}/users/1`, { method: 'DELETE' });
    assert.deepEqual([refused.status, refused.headers.get('allow')], [405, 'GET, HEAD']);
    const offline = await routes(krepis()).fetch(new Request(`${base}/users/1`, { method: 'DELETE' }));
    assert.deepEqual([offline.status, offline.headers.get('allow')], [405, 'GET, HEAD']);
  });

  test('shows what was asked', async () => {
    const text =
      'GET /seen?q=1%202 HTTP/1.1\r\nHost: h\r\nX-Many:  a\r\nCookie: a=1\r\nx-many: b \r\nCookie: b=2\r\nConnection: close\r\n\r\n';
    const [body] = bodies(await exchange(server.port, text));
    assert.deepEqual(JSON.parse(body as string), {
      method: 'GET',
      path: '/seen',
      search: 'q=1%202',
      q: '1 2',
      host: 'h',
      many: 'a, b',
      cookie: 'a=1; b=2',
      lines: 6,
      web: 'a, b',
    });
  });

  test('keeps the order of pipelined requests, whenever they are answered', async () => {
    const paths = [
      '/sleep/20',
      '/',
      '/await/1',
      '/sleep/5',
      '/fixed',
      '/users/9',
      '/response',
      '/sleep/1',
      '/',
    ];
    const said = bodies(await exchange(server.port, pipelined(paths)));
    assert.deepEqual(said, [
      'slept 20',
      'Hello',
      '1',
      'slept 5',
      'kept',
      '{"id":"9"}',
      'web',
      'slept 1',
      'Hello',
    ]);
  });

  test('keeps texts of one tick apart, whatever they consist of', async () => {
    const paths = ['half', 'other', 'face', 'half', 'e', 'face', 'other', 'other'].map(
      (what) => `/text/${what}`,
    );
    const said = bodies(await exchange(server.port, pipelined(paths)));
    const [half, other] = ['a\ufffd', '\ufffdb'];
    assert.deepEqual(said, [half, other, '\u{1f600}', half, '\u00e9', '\u{1f600}', other, other]);
  });

  test('has no trouble with more late answers than the table holds', async () => {
    const connections = Array.from({ length: 60 }, () =>
      exchange(server.port, pipelined(Array(30).fill('/sleep/30'))),
    );
    for (const said of await Promise.all(connections))
      assert.deepEqual(bodies(said), Array(30).fill('slept 30'));
  });

  test('what no route matches goes to the fallback', async () => {
    const app = krepis().get('/here', () => 'here');
    app.fallback((request) => `${request.method} ${request.path}`);
    const server = app.listen(0);
    for (const ask of [fetch, (input: string, init?: RequestInit) => app.fetch(new Request(input, init))]) {
      const at = `http://127.0.0.1:${server.port}`;
      assert.equal(await (await ask(`${at}/here`)).text(), 'here');
      assert.equal(await (await ask(`${at}/there`)).text(), 'GET /there');
      assert.equal(await (await ask(`${at}/here`, { method: 'DELETE' })).text(), 'DELETE /here');
    }
    await server.close();
  });

  test('conflicts are errors', () => {
    assert.throws(
      () =>
        krepis()
          .get('/a/:b', () => '')
          .get('/a/:c', () => ''),
      /another route/,
    );
    assert.throws(() => krepis().get('/a/:', () => ''), /malformed/);
    assert.throws(() => krepis({ pipelineMax: 64 }), /out of range/);
  });
});

describe('a request', () => {
  test('can be read as long as its promise is pending, and not after', async () => {
    const seen: KrepisRequest[] = [];
    const app = krepis();
    app.post('/late/:n', async (request) => {
      await sleep(10);
      return [request.params.n, request.header('x-n'), request.text()];
    });
    app.get('/leak', (request) => {
      seen.push(request);
      return '';
    });
    const server = app.listen(0);
    const base = `http://127.0.0.1:${server.port}`;
    const all = Array.from({ length: 50 }, async (_, i) => {
      const got = await fetch(`${base}/late/${i}`, {
        method: 'POST',
        body: 'b'.repeat(i * 100),
        headers: { 'x-n': `h${i}` },
      });
      assert.deepEqual(await got.json(), [`${i}`, `h${i}`, 'b'.repeat(i * 100)]);
    });
    await Promise.all(all);
    await fetch(`${base}/leak`);
    await fetch(`${base}/leak`); // another tick
    assert.throws(() => seen[0]?.path, /this request is over/);
    assert.throws(() => seen[0]?.text(), /this request is over/);
    await server.close();
  });
});

describe('hooks', () => {
  const app = krepis()
    .before((request) => (request.header('x-key') === 'wrong' ? reply('no', { status: 401 }) : undefined))
    .before(async (request) => (request.path === '/cached' ? 'from the hook' : undefined))
    .after((_, made) => {
      made.headers = { ...made.headers, 'x-after': '1' };
    })
    .after(async (_, made) => reply(`${made.body}!`, { status: made.status, headers: made.headers }))
    .onError((error) => reply({ error: (error as Error).message }, { status: 422 }))
    .get('/', () => 'in')
    .get('/cached', () => 'in')
    .get('/web', () => new Response('web'))
    .get('/throws', () => {
      throw new Error('oh');
    });

  test('run before and after handlers, and make answers of errors', async () => {
    const server = app.listen(0);
    const base = `http://127.0.0.1:${server.port}`;
    for (const ask of [fetch, (input: string, init?: RequestInit) => app.fetch(new Request(input, init))]) {
      const get = async (path: string, key = 'right') => {
        const got = await ask(base + path, { headers: { 'x-key': key } });
        return [got.status, await got.text(), got.headers.get('x-after')];
      };
      assert.deepEqual(await get('/'), [200, 'in!', '1']);
      assert.deepEqual(await get('/', 'wrong'), [401, 'no!', '1']);
      assert.deepEqual(await get('/cached'), [200, 'from the hook!', '1']);
      assert.deepEqual(await get('/throws'), [422, '{"error":"oh"}', null]);
    }
    await server.close();
  });
});

test('headers of all answers, cookies and the access log', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'krepis-'));
  const log = join(folder, 'access.log');
  const app = krepis()
    .headers({ 'x-frame-options': 'DENY', vary: ['a', 'b'] })
    .accessLog(log)
    .get('/:name', (request) => request.cookies)
    .get('/made/:n', async () => reply('made', { status: 201, headers: { 'x-own': '1' } }));
  const cookie = 'a=1; b=%20x; c=%zz; a=2; __proto__=p; none';
  const server = app.listen(0);
  const base = `http://127.0.0.1:${server.port}`;
  for (const ask of [fetch, (input: string, init?: RequestInit) => app.fetch(new Request(input, init))]) {
    const got = await ask(`${base}/x`, { headers: { cookie } });
    assert.equal(await got.text(), '{"a":"1","b":" x","c":"%zz","__proto__":"p"}');
    const made = await ask(`${base}/made/1?q`, {});
    const names = ['x-frame-options', 'vary', 'x-own'];
    assert.deepEqual(
      names.map((name) => made.headers.get(name)),
      ['DENY', 'a, b', '1'],
    );
  }
  await server.close();
  const lines = (await readFile(log, 'utf8')).trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => line.replace(/^\S+Z /, '')),
    ['GET /x 200 44', 'GET /made/1 201 4'],
  );
  await rm(folder, { recursive: true });
});

test('metrics for Prometheus', async () => {
  const server = krepis().metrics('/metrics').listen(0);
  const base = `http://127.0.0.1:${server.port}`;
  await (await fetch(`${base}/none`)).text();
  const got = await fetch(`${base}/metrics`);
  const text = await got.text();
  assert.equal(got.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  assert.match(text, /^krepis_requests_total 2$/m);
  assert.match(text, /^krepis_responses_total\{class="4xx"\} 1$/m);
  const line = /^(# (HELP|TYPE) krepis_\w+ .+|krepis_\w+(\{class="\dxx"\})? \d+)$/;
  assert.ok(
    text
      .trimEnd()
      .split('\n')
      .every((one) => line.test(one)),
  );
  await server.close();
});

test('files are sent by the kernel', async () => {
  const folder = new URL('.', import.meta.url).pathname;
  const server = krepis().files('/test/*path', folder).listen(0);
  const got = await fetch(`http://127.0.0.1:${server.port}/test/client.ts`);
  assert.match(await got.text(), /A client that shows what is on the wire/);
  assert.equal((await fetch(`http://127.0.0.1:${server.port}/test/none`)).status, 404);
  await server.close();
});

test('node:http talks to it over a Unix socket', async () => {
  const path = join(tmpdir(), `krepis-${process.pid}.sock`);
  const server = krepis()
    .get('/', () => 'local')
    .listen(path);
  const body = await new Promise<string>((resolve, reject) => {
    httpRequest({ socketPath: path, path: '/' }, (got) => {
      got.setEncoding('utf8').on('data', resolve);
    })
      .on('error', reject)
      .end();
  });
  assert.equal(body, 'local');
  await server.close();
});

describe('services', () => {
  test('are made once, from those before them, and given to handlers and hooks', async () => {
    const made: string[] = [];
    const app = krepis()
      .provide('clock', () => {
        made.push('clock');
        return { now: () => 7 };
      })
      .provide('orders', ({ clock }) => {
        made.push('orders');
        return { place: (what: string) => `${what} at ${clock.now()}` };
      })
      .before((request, { clock }) => (request.path === '/early' ? `hook at ${clock.now()}` : undefined))
      .after((_, answer, { clock }) => {
        answer.headers = { ...answer.headers, 'x-clock': `${clock.now()}` };
      })
      .get('/orders/:what', (request, { orders }) => orders.place(request.params.what))
      .get('/early', () => 'late');
    for (const [path, text] of [
      ['/orders/tea', 'tea at 7'],
      ['/orders/cup', 'cup at 7'],
      ['/early', 'hook at 7'],
    ]) {
      const response = await app.fetch(new Request(`http://x${path}`));
      assert.equal(await response.text(), text);
      assert.equal(response.headers.get('x-clock'), '7');
    }
    assert.deepEqual(made, ['clock', 'orders']);
  });

  test('are replaced by a second one of the name, and disposed of with the server, the last first', async () => {
    const gone: string[] = [];
    const disposable = (name: string) => ({ name, [Symbol.asyncDispose]: async () => void gone.push(name) });
    const app = krepis()
      .provide('a', () => disposable('real'))
      .provide('b', ({ a }) => ({ [Symbol.dispose]: () => void gone.push(`after ${a.name}`) }))
      .get('/', (_, { a }) => a.name);
    app.provide('a', () => disposable('fake'));
    const server = app.listen(0);
    assert.equal(await (await fetch(`http://127.0.0.1:${server.port}`)).text(), 'fake');
    await server.close();
    assert.deepEqual(gone, ['after fake', 'fake']);
    assert.throws(() => app.provide('c', () => 0), /too late/);
  });
});
