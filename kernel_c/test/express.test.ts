/** `krepis/http` and `krepis/express` with the middleware that people use, over sockets. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import express from '../sdk/express/index.ts';
import { createServer, type Listener, type Server } from '../sdk/http/index.ts';
import { exchange } from './client.ts';

const require = createRequire(import.meta.url);
process.env.NODE_ENV = 'test'; // Express logs nothing

function portOf(server: Server): number {
  return (server.address() as { port: number }).port;
}

/** Runs something against a listener on the kernel. */
async function serving(listener: Listener, run: (at: string, port: number) => Promise<void>): Promise<void> {
  const server = createServer({ handlerMs: 5000 }, listener).listen(0, '127.0.0.1');
  try {
    await run(`http://127.0.0.1:${portOf(server)}`, portOf(server));
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

const onKernel = (app: express.Express): Listener => app as unknown as Listener;

test('helmet, cors, cookie-parser, morgan and the body parsers', async () => {
  const lines: string[] = [];
  const app = express();
  app.use(
    require('morgan')(':remote-addr :method :url :status :res[content-length]', {
      stream: { write: (line: string) => lines.push(line) },
    }),
  );
  app.use(require('helmet')());
  app.use(require('cors')({ origin: 'https://page.example' }));
  app.use(require('cookie-parser')('secret'));
  app.use(
    express.json(),
    express.urlencoded({ extended: true }),
    express.raw({ type: 'x/raw' }),
    express.text(),
  );
  app.get(
    '/cookies',
    (req, res) => void res.cookie('seen', 'yes', { signed: true }).json([req.cookies, req.signedCookies]),
  );
  app.post(
    '/body',
    (req, res) => void res.send({ body: Buffer.isBuffer(req.body) ? `${req.body}` : req.body }),
  );
  await serving(onKernel(app), async (at) => {
    const first = await fetch(`${at}/cookies`, { headers: { cookie: 'a=b%20c' } });
    assert.deepEqual(await first.json(), [{ a: 'b c' }, {}]);
    const [cookie] = first.headers.getSetCookie();
    assert.match(cookie ?? '', /^seen=s%3Ayes\./);
    assert.equal(first.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(first.headers.get('access-control-allow-origin'), 'https://page.example');
    assert.equal(first.headers.get('x-powered-by'), null);
    const again = await fetch(`${at}/cookies`, { headers: { cookie: (cookie ?? '').split(';')[0] ?? '' } });
    assert.deepEqual(await again.json(), [{}, { seen: 'yes' }]);
    const preflight = await fetch(`${at}/body`, {
      method: 'OPTIONS',
      headers: { 'access-control-request-method': 'POST' },
    });
    assert.equal(preflight.status, 204);
    for (const [type, sent, got] of [
      ['application/json', '{"a":[1]}', { a: [1] }],
      ['application/x-www-form-urlencoded', 'a[b]=1', { a: { b: '1' } }],
      ['x/raw', 'raw', 'raw'],
      ['text/plain', 't\u00e9xt', 't\u00e9xt'],
    ] as const) {
      const answer = await fetch(`${at}/body`, {
        method: 'POST',
        body: sent,
        headers: { 'content-type': type },
      });
      assert.deepEqual(await answer.json(), { body: got });
    }
    const bad = await fetch(`${at}/body`, {
      method: 'POST',
      body: '{',
      headers: { 'content-type': 'application/json' },
    });
    assert.equal(bad.status, 400);
    await bad.text();
  });
  assert.equal(lines[0], '127.0.0.1 GET /cookies 200 16\n');
  assert.equal(lines.length, 8);
});

test('sessions, passport and multer', async () => {
  const passport = require('passport');
  const { Strategy } = require('passport-local');
  passport.use(
    new Strategy((name: string, word: string, done: (error: null, user: unknown) => void) =>
      done(null, word === 'right' && { name }),
    ),
  );
  passport.serializeUser((user: { name: string }, done: (error: null, id: string) => void) =>
    done(null, user.name),
  );
  passport.deserializeUser((name: string, done: (error: null, user: unknown) => void) =>
    done(null, { name }),
  );
  const app = express();
  app.use(require('express-session')({ secret: 's', resave: false, saveUninitialized: false }));
  app.use(passport.session(), express.json());
  app.post(
    '/login',
    passport.authenticate('local'),
    (req, res) => void res.json((req as { user?: unknown }).user),
  );
  app.get('/me', (req, res) => void res.json((req as { user?: unknown }).user ?? null));
  const upload = require('multer')({ storage: require('multer').memoryStorage() });
  app.post('/files', upload.array('files'), (req, res) => {
    const files = (req as unknown as { files: { originalname: string; size: number }[] }).files;
    res.json([req.body, files.map(({ originalname, size }) => [originalname, size])]);
  });
  await serving(onKernel(app), async (at) => {
    const login = (password: string): Promise<Response> =>
      fetch(`${at}/login`, {
        method: 'POST',
        body: JSON.stringify({ username: 'ada', password }),
        headers: { 'content-type': 'application/json' },
      });
    assert.equal((await login('wrong')).status, 401);
    const entered = await login('right');
    assert.deepEqual(await entered.json(), { name: 'ada' });
    const cookie = entered.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    assert.deepEqual(await (await fetch(`${at}/me`, { headers: { cookie } })).json(), { name: 'ada' });
    assert.equal(await (await fetch(`${at}/me`)).json(), null);
    const form = new FormData();
    form.append('note', 'n');
    form.append('files', new Blob(['x'.repeat(2_000_000)]), 'a.txt');
    form.append('files', new Blob(['b']), 'b.txt');
    const sent = await fetch(`${at}/files`, { method: 'POST', body: form });
    assert.deepEqual(await sent.json(), [
      { note: 'n' },
      [
        ['a.txt', 2_000_000],
        ['b.txt', 1],
      ],
    ]);
  });
});

test('routers, parameters, errors, and a response that is compressed on its way', async () => {
  const app = express();
  app.use(require('compression')({ threshold: 0 }));
  const router = express.Router();
  router.param('id', (req, _res, next, id) => {
    Object.assign(req, { item: `item ${id}` });
    next();
  });
  router
    .route('/items/:id')
    .get((req, res) => void res.send((req as unknown as { item: string }).item))
    .put((_req, res) => void res.sendStatus(202));
  router.all('/any', (req, res) => void res.send(req.method));
  router.get('/async', async () => {
    await null;
    throw Object.assign(new Error('teapot'), { status: 418 });
  });
  app.use('/api', router);
  app.use(
    ((error, _req, res, _next) =>
      void res.status(error.status).send(error.message)) as express.ErrorRequestHandler,
  );
  await serving(onKernel(app), async (at, port) => {
    const got = await fetch(`${at}/api/items/7`);
    assert.deepEqual([got.headers.get('content-encoding'), await got.text()], ['gzip', 'item 7']);
    assert.equal((await fetch(`${at}/api/items/7`, { method: 'PUT' })).status, 202);
    const thrown = await fetch(`${at}/api/async`);
    assert.deepEqual([thrown.status, await thrown.text()], [418, 'teapot']);
    assert.equal((await fetch(`${at}/nothing`)).status, 404);
    const head = await fetch(`${at}/api/items/7`, {
      method: 'HEAD',
      headers: { 'accept-encoding': 'identity' },
    });
    assert.deepEqual([head.status, head.headers.get('content-length')], [200, '6']);
    const said = await exchange(port, 'PURGE /api/any HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    assert.match(said, /\r\n\r\n(?:5\r\n)?PURGE/);
  });
});

test('static files: whole, in part, not modified, and of their length', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'krepis-'));
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
  await writeFile(join(folder, 'big.bin'), bytes);
  const app = express();
  app.use(express.static(folder));
  await serving(onKernel(app), async (at, port) => {
    const whole = await fetch(`${at}/big.bin`);
    assert.equal(whole.headers.get('content-length'), '300000');
    assert.ok(bytes.equals(Buffer.from(await whole.arrayBuffer())));
    const part = await fetch(`${at}/big.bin`, { headers: { range: 'bytes=10-19' } });
    assert.deepEqual([part.status, part.headers.get('content-range')], [206, 'bytes 10-19/300000']);
    assert.ok(bytes.subarray(10, 20).equals(Buffer.from(await part.arrayBuffer())));
    const etag = whole.headers.get('etag') ?? '';
    // `fetch` would ask for a copy that is not cached.
    const said = await exchange(
      port,
      `GET /big.bin HTTP/1.1\r\nHost: a\r\nIf-None-Match: ${etag}\r\nConnection: close\r\n\r\n`,
    );
    assert.match(said, /^HTTP\/1.1 304 /);
    const head = await fetch(`${at}/big.bin`, { method: 'HEAD' });
    assert.equal(head.headers.get('content-length'), '300000');
  });
  await rm(folder, { recursive: true });
});

test('responses in pieces: as they come, no faster than the client, and to their end', async () => {
  const events: string[] = [];
  await serving(
    async (req, res) => {
      if (req.url === '/events') {
        res.writeHead(200, { 'content-type': 'text/event-stream' });
        res.write('data: 1\n\n');
        await sleep(5);
        res.end('data: 2\n\n', () => events.push('done'));
        res.on('finish', () => events.push('finish')).on('close', () => events.push('close'));
      } else if (req.url === '/echo') {
        res.setHeader('x-length', req.headers['content-length'] ?? '');
        await pipeline(req, res);
      } else {
        await pipeline(
          Readable.from(
            (function* () {
              for (let i = 0; i < 200; i++) yield Buffer.alloc(10_000, i);
            })(),
          ),
          res,
        );
        events.push('piped');
      }
    },
    async (at) => {
      const reader = (await fetch(`${at}/events`)).body?.pipeThrough(new TextDecoderStream()).getReader();
      assert.equal((await reader?.read())?.value, 'data: 1\n\n');
      assert.equal((await reader?.read())?.value, 'data: 2\n\n');
      assert.equal((await reader?.read())?.done, true);
      const echo = await fetch(`${at}/echo`, { method: 'POST', body: 'x'.repeat(100_000) });
      assert.equal((await echo.text()).length, 100_000);
      const piped = await fetch(`${at}/piped`);
      assert.equal((await piped.arrayBuffer()).byteLength, 2_000_000);
    },
  );
  assert.deepEqual(events, ['done', 'finish', 'close', 'piped']);
});

test('a client that resets the connection closes the response', async () => {
  const seen: string[] = [];
  await serving(
    (req, res) => {
      req.on('aborted', () => seen.push('aborted'));
      res.on('close', () => seen.push(`closed ${res.writableFinished}`));
      res.write('first');
      const timer = setInterval(() => res.write('more'), 1);
      res.on('close', () => clearInterval(timer));
    },
    async (_at, port) => {
      const socket = connect(port, '127.0.0.1');
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await once(socket, 'data');
      socket.resetAndDestroy();
      while (seen.length < 2) await sleep(1);
    },
  );
  assert.deepEqual(seen, ['aborted', 'closed false']);
});

test('nothing that a program sets can split or reframe a response', async () => {
  await serving(
    (req, res) => {
      if (req.url === '/split') {
        assert.throws(() => res.setHeader('x', 'a\r\nb: c'), /Invalid character/);
        assert.throws(() => res.writeHead(101), /Invalid status code/);
      }
      res.setHeader('Content-Length', req.url === '/short' ? 2 : 500);
      res.setHeader('Connection', 'upgrade');
      res.end('four');
      res.end('again');
    },
    async (_at, port) => {
      for (const path of ['/split', '/short', '/long']) {
        const said = await exchange(port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
        assert.match(
          said,
          /^HTTP\/1.1 200 OK\r\nContent-Length: 4\r\nDate: [^\r]*\r\nConnection: close\r\n\r\nfour$/,
          path,
        );
      }
    },
  );
});

test('a body that is not as long as it was said to be ends the connection', async (context) => {
  context.mock.method(console, 'error', () => {});
  await serving(
    async (req, res) => {
      res.setHeader('Content-Length', 6);
      res.write('four');
      await sleep(2);
      res.end(req.url === '/long' ? 'too long' : '');
    },
    async (at) => {
      for (const path of ['/long', '/short']) await assert.rejects((await fetch(at + path)).text());
    },
  );
});

test('servers say what is wrong, and close when they are told to', async () => {
  const first = express().listen(0);
  const failed = express().listen(portOf(first as unknown as Server));
  const [error] = await once(failed, 'error');
  assert.equal(error.code, 'EADDRINUSE');
  const unclosed = createServer();
  const [none] = await new Promise<[Error]>((resolve) =>
    unclosed.close((...told) => resolve(told as [Error])),
  );
  assert.match(none.message, /not running/);
  await new Promise((resolve) => first.close(resolve));
  const path = join(await mkdtemp(join(tmpdir(), 'krepis-')), 's');
  const local = createServer((_req, res) => void res.end('local')).listen(path);
  const socket = connect(path);
  socket.end('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  let text = '';
  for await (const piece of socket) text += piece;
  assert.match(text, /local$/);
  await new Promise((resolve) => local.close(resolve));
});

test('the same application on the server of Node', async () => {
  const { createServer: node } = require('node:http');
  const app = express().get('/', (req, res) => void res.send(`${req.ip} ${req.protocol}`));
  const server = node(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const got = await fetch(`http://127.0.0.1:${server.address().port}/`);
  assert.equal(await got.text(), '127.0.0.1 http');
  server.close();
  server.closeAllConnections();
});

test('bodies are read as they come: pipes, parsers and multer', async () => {
  const app = express();
  app.post('/echo', (req, res) => void req.pipe(res));
  app.post('/json', express.json({ limit: '1mb' }), (req, res) => void res.send(`${req.body.text.length}`));
  const upload = require('multer')({ limits: { fileSize: 1 << 20 } });
  app.post('/file', upload.single('file'), (req, res) => {
    res.send(`${(req as unknown as { file: { size: number } }).file.size}`);
  });
  app.post('/unread', (_, res) => void res.send('unread'));
  app.use((error: Error & { status?: number }, _: unknown, res: express.Response, __: unknown) => {
    res.status(error.status ?? 422).send(error.message);
  });
  await serving(onKernel(app), async (at, port) => {
    const pieces = function* (): Generator<Buffer> {
      for (let i = 0; i < 20; i++) yield Buffer.alloc(1 << 20, i);
    };
    const sent = request({ port, path: '/echo', method: 'POST' });
    const echoed = once(sent, 'response').then(async ([response]) => {
      const [hash, expected] = [createHash('sha1'), createHash('sha1')];
      for await (const piece of response) hash.update(piece);
      for (const piece of pieces()) expected.update(piece);
      return [hash.digest('hex'), expected.digest('hex')];
    });
    await pipeline(Readable.from(pieces()), sent);
    const [hash, expected] = await echoed;
    assert.equal(hash, expected);
    const post = async (path: string, body: string | FormData): Promise<[number, string]> => {
      const headers = typeof body === 'string' ? { 'content-type': 'application/json' } : {};
      const response = await fetch(`${at}${path}`, { method: 'POST', headers, body });
      return [response.status, await response.text()];
    };
    const json = (length: number): string => JSON.stringify({ text: 'x'.repeat(length) });
    assert.deepEqual(await post('/json', json(500_000)), [200, '500000']);
    assert.deepEqual(await post('/json', json(1_500_000)), [413, 'request entity too large']);
    assert.deepEqual(await post('/unread', json(500_000)), [200, 'unread']);
    const file = (size: number): FormData => {
      const form = new FormData();
      form.set('file', new Blob([new Uint8Array(size)]), 'a.bin');
      return form;
    };
    assert.deepEqual(await post('/file', file(1_000_000)), [200, '1000000']);
    assert.deepEqual(await post('/file', file(2_000_000)), [422, 'File too large']);
  });
});
