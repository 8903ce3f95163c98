/** Bodies that are read in pieces: by handlers, and by programs for `node:http`. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as ask } from 'node:http';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { HttpError, type KrepisRequest, krepis, type Listening, reply } from '../sdk/index.ts';
import { bodies, exchange } from './client.ts';

const MEBI = 1 << 20;

async function count(request: KrepisRequest): Promise<string> {
  const hash = createHash('sha1');
  let bytes = 0;
  for await (const piece of request.body) {
    hash.update(piece);
    bytes += piece.length;
  }
  return `${bytes} ${hash.digest('hex')}`;
}

function* megabytes(many: number): Generator<Buffer> {
  for (let i = 0; i < many; i++) yield Buffer.alloc(MEBI, i);
}

/** What `count` says to those. */
function counted(many: number): string {
  const hash = createHash('sha1');
  for (const piece of megabytes(many)) hash.update(piece);
  return `${many * MEBI} ${hash.digest('hex')}`;
}

async function upload(
  server: Listening,
  path: string,
  many: number,
  headers = {},
): Promise<[number, string]> {
  const sent = ask({ port: server.port, path, method: 'POST', headers });
  const answered = once(sent, 'response');
  await pipeline(Readable.from(megabytes(many)), sent);
  const [response] = await answered;
  return [response.statusCode, (await response.setEncoding('utf8').toArray()).join('')];
}

async function opened(server: Listening, text: string): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

test('a body far above what may be in memory comes whole, with a length and in chunks', async () => {
  const app = krepis({ bodyBytesMax: 1000 }).post('/count', { stream: true }, count);
  app.post('/whole', (request) => request.bytes().length);
  const server = app.listen(0);
  const said = counted(64);
  assert.deepEqual(await upload(server, '/count', 64), [200, said]);
  assert.deepEqual(await upload(server, '/count', 64, { 'content-length': 64 * MEBI }), [200, said]);
  const small = await fetch(`http://127.0.0.1:${server.port}/count`, { method: 'POST', body: 'abc' });
  assert.match(await small.text(), /^3 a9993e/);
  const none = await fetch(`http://127.0.0.1:${server.port}/count`, { method: 'POST' });
  assert.match(await none.text(), /^0 da39a3/);
  for (const length of ['Content-Length: 1001', 'Transfer-Encoding: chunked']) {
    const said = await exchange(server.port, `POST /whole HTTP/1.1\r\nHost: a\r\n${length}\r\n\r\n3e9\r\n`);
    assert.match(said, /^HTTP\/1.1 413/);
  }
  await server.close();
});

test('what nobody reads is not taken from the client, and memory does not grow with what is', async () => {
  let hold = Promise.withResolvers<void>();
  const seen: number[] = [];
  const app = krepis().post('/slow', { stream: true }, async (request) => {
    let bytes = 0;
    for await (const piece of request.body) {
      seen.push(piece.length);
      bytes += piece.length;
      await hold.promise;
    }
    return bytes;
  });
  const server = app.listen(0);
  const answered = upload(server, '/slow', 32);
  while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
  for (let i = 0; i < 200; i++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(seen.length, 1);
  assert.ok(server.metrics().bytesIn <= 32_768, `${server.metrics().bytesIn} bytes were read`);
  hold.resolve();
  hold = Promise.withResolvers();
  hold.resolve();
  assert.deepEqual(await answered, [200, `${32 * MEBI}`]);
  assert.ok(Math.max(...seen) <= 16_384);
  await server.close();
});

test('an answer before the end: a short rest is thrown away, a long one takes the connection along', async () => {
  const app = krepis({ bodyBytesMax: 20_000 })
    .post('/no', { stream: true }, () => 'no')
    .get('/', () => 'next');
  const server = app.listen(0);
  const short = await opened(server, 'POST /no HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n1234');
  assert.match(String(await once(short, 'data')), /^HTTP\/1.1 200(?!.*connection: close)/is);
  short.write('567890GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  assert.match(String((await short.toArray()).join('')), /next$/);
  for (const length of ['Content-Length: 1000000', 'Transfer-Encoding: chunked']) {
    const head = `POST /no HTTP/1.1\r\nHost: a\r\n${length}\r\n\r\n`;
    assert.match(await exchange(server.port, head), /^HTTP\/1.1 200.*connection: close.*no$/is);
  }
  await server.close();
});

test('requests behind a body are answered after it, in order', async () => {
  const app = krepis()
    .post('/count', { stream: true }, count)
    .get('/', () => 'next');
  const server = app.listen(0);
  const head = 'POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
  const next = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
  const last = next.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
  const said = await exchange(
    server.port,
    `${next}${head}3\r\nabc\r\n0\r\n\r\n${next}${head}0\r\n\r\n${last}`,
  );
  const [first, abc, second, nothing, third] = bodies(said);
  assert.deepEqual([first, second, third], ['next', 'next', 'next']);
  assert.match(`${abc} ${nothing}`, /^3 a9993e\w+ 0 da39a3/);
  await server.close();
});

test('what is malformed, too long or not to the end fails the reader, and is answered', async () => {
  const errors: string[] = [];
  const app = krepis({ streamBytesMax: 100_000 }).post('/count', { stream: true }, async (request) => {
    try {
      return await count(request);
    } catch (error) {
      errors.push(String(error));
      return 'for nobody';
    }
  });
  const server = app.listen(0);
  const head = 'POST /count HTTP/1.1\r\nHost: a\r\n';
  const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n`;
  assert.match(await exchange(server.port, `${chunked}3\r\nabcX`), /^HTTP\/1.1 400/);
  assert.match(await exchange(server.port, `${chunked}186A1\r\n`), /^HTTP\/1.1 413/);
  assert.match(await exchange(server.port, `${head}Content-Length: 100001\r\n\r\n`), /^HTTP\/1.1 413/);
  const socket = await opened(server, `${head}Content-Length: 100000\r\n\r\nabc`);
  while (server.metrics().requests < 3) await new Promise((resolve) => setImmediate(resolve));
  socket.destroy();
  while (errors.length < 3) await new Promise((resolve) => setImmediate(resolve));
  assert.match(errors.join(), /malformed.*malformed.*client is gone/);
  await server.close();
});

test('who waits for 100 Continue gets it when the body is read, and not when the answer is no', async () => {
  const app = krepis()
    .post('/yes', { stream: true }, count)
    .post('/no', { stream: true }, () => {
      throw new HttpError(403, 'no');
    });
  const server = app.listen(0);
  const head = (path: string): string =>
    `POST ${path} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\nConnection: close\r\n\r\n`;
  assert.match(await exchange(server.port, head('/no')), /^HTTP\/1.1 403/);
  const socket = await opened(server, head('/yes'));
  assert.equal(String(await once(socket, 'data')), 'HTTP/1.1 100 Continue\r\n\r\n');
  socket.write('abc');
  assert.match((await socket.toArray()).join(''), /^HTTP\/1.1 200.*3 a9993e/s);
  await server.close();
});

test('a web stream can be sent back as it comes', async () => {
  const app = krepis().post(
    '/echo',
    { stream: true },
    (request) => new Response(request.body, { status: 201 }),
  );
  app.post('/bytes', { stream: true }, (request) => reply(request.bytes()));
  const server = app.listen(0);
  const socket = await opened(server, 'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc');
  let said = '';
  socket.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  while (!said.includes('3\r\nabc')) await once(socket, 'data');
  socket.write('def');
  while (!said.endsWith('3\r\ndef\r\n0\r\n\r\n')) await once(socket, 'data');
  socket.destroy();
  assert.equal((await app.fetch(new Request('http://a/echo', { method: 'POST', body: 'abc' }))).status, 201);
  assert.throws(() => krepis().post('/', { stream: true, body: {} as never }, () => ''), /has no schema/);
  await server.close();
});
