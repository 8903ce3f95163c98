import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type App, krepis, reply } from '../sdk/index.ts';
import { exchange, pipelined } from './client.ts';

async function* letters(request?: { path: string }): AsyncGenerator<string | Uint8Array> {
  yield 'a';
  await sleep(2);
  yield Buffer.from('\u00e9');
  yield '';
  await null;
  yield request?.path ?? 'c';
}

function routes(): App {
  return krepis()
    .get('/pieces', (request) => reply(letters(request), { headers: { 'content-type': 'text/plain' } }))
    .get('/late', async () => {
      await sleep(5);
      return letters();
    })
    .get(
      '/web',
      () => new Response(ReadableStream.from(letters() as AsyncIterable<Uint8Array>).pipeThrough(bytes())),
    )
    .get('/text', () => 'text');
}

function bytes(): TransformStream<string | Uint8Array, Uint8Array> {
  return new TransformStream({
    transform: (piece, controller) =>
      controller.enqueue(typeof piece === 'string' ? Buffer.from(piece) : piece),
  });
}

test('bodies come in pieces, from generators and from web streams', async () => {
  const app = routes();
  const server = app.listen(0);
  for (const ask of [fetch, (input: string) => app.fetch(new Request(input))]) {
    for (const [path, body] of [
      ['/pieces', 'a\u00e9/pieces'],
      ['/late', 'a\u00e9c'],
      ['/web', 'a\u00e9c'],
    ]) {
      const got = await ask(`http://127.0.0.1:${server.port}${path}`);
      assert.deepEqual(
        [got.status, await got.text(), got.headers.has('content-length')],
        [200, body, false],
        path,
      );
    }
  }
  await server.close();
});

test('streams keep their turn among other answers', async () => {
  const server = routes().listen(0);
  const said = await exchange(server.port, pipelined(['/late', '/text', '/pieces', '/text']));
  const order = [...said.matchAll(/\r\n(text|a|c|\/pieces)(?=\r\n|HTTP|$)/g)].map((match) => match[1]);
  assert.deepEqual(order, ['a', 'c', 'text', 'a', '/pieces', 'text']);
  await server.close();
});

test('a producer goes no faster than its client', async () => {
  let made = 0;
  const total = 400;
  const app = krepis().get('/', () =>
    reply(
      (async function* () {
        for (; made < total; made++) yield 'x'.repeat(50_000);
      })(),
    ),
  );
  const server = app.listen(0);
  const socket = connect(server.port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  await once(socket, 'readable');
  let before = -1;
  while (before !== made) {
    before = made;
    await sleep(50);
  }
  assert.ok(made < total, `${made} pieces were made for a client that took none`);
  let length = 0;
  socket.on('data', (piece: Buffer) => {
    length += piece.length;
  });
  await once(socket, 'close');
  assert.equal(made, total);
  assert.ok(length > total * 50_000);
  await server.close();
});

test('a client that goes away ends its producer, and aborts its request', async () => {
  const seen: string[] = [];
  const waiting = Promise.withResolvers<void>();
  const app = krepis()
    .get('/endless', () =>
      reply(
        (async function* () {
          try {
            for (;;) {
              yield 'x';
              await sleep(1);
            }
          } finally {
            seen.push('returned');
          }
        })(),
      ),
    )
    .get('/waits', async (request) => {
      const aborted = once(request.signal, 'abort');
      waiting.resolve();
      await aborted;
      seen.push('aborted');
    });
  const server = app.listen(0);
  for (const path of ['/endless', '/waits']) {
    const socket = connect(server.port, '127.0.0.1');
    socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await (path === '/endless' ? once(socket, 'data') : waiting.promise);
    socket.resetAndDestroy();
    while (seen.length === 0 || (path === '/waits' && seen.length === 1)) await sleep(1);
  }
  assert.deepEqual(seen, ['returned', 'aborted']);
  await server.close();
});

test('an error in the middle of a body ends the connection, not the process', async (context) => {
  const errors = context.mock.method(console, 'error', () => {});
  const app = krepis().get('/', () =>
    reply(
      (async function* () {
        yield 'half';
        await sleep(5);
        throw new Error('expected in this test');
      })(),
    ),
  );
  const server = app.listen(0);
  const got = await fetch(`http://127.0.0.1:${server.port}`);
  await assert.rejects(got.text());
  assert.equal(errors.mock.callCount(), 1);
  await server.close();
});

test('server-sent events arrive one by one', async () => {
  const sources = Array.from({ length: 3 }, () => Promise.withResolvers<string>());
  const app = krepis().get('/events', () =>
    reply(
      (async function* () {
        for (const source of sources) yield `data: ${await source.promise}\n\n`;
      })(),
      { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' } },
    ),
  );
  const server = app.listen(0);
  const got = await fetch(`http://127.0.0.1:${server.port}/events`); // the head does not wait for an event
  const reader = (got.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
  const events = [];
  for (const [i, event] of ['one', 'two', 'three'].entries()) {
    sources[i]?.resolve(event);
    events.push((await reader.read()).value);
  }
  assert.deepEqual(events, ['data: one\n\n', 'data: two\n\n', 'data: three\n\n']);
  assert.equal((await reader.read()).done, true);
  await server.close();
});
