/** Responses in the codings that clients want. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import * as zlib from 'node:zlib';
import { codingOf } from '../sdk/compress.ts';
import { krepis, type Listening, reply } from '../sdk/index.ts';
import { exchange } from './client.ts';

const LONG = 'a text that repeats itself, \u00e9, '.repeat(200);
const HUGE = 'x'.repeat(200_000);

const DECODE: Readonly<Record<string, (bytes: Uint8Array) => Buffer>> = {
  gzip: (bytes) => zlib.gunzipSync(bytes),
  br: (bytes) => zlib.brotliDecompressSync(bytes),
  zstd: (bytes) => zlib.zstdDecompressSync(bytes),
};

for (const [accepted, coding] of [
  [undefined, undefined],
  ['', undefined],
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['gzip, deflate, br, zstd', 'zstd'],
  ['gzip;q=1.0, br;q=0.5', 'gzip'],
  ['br, gzip;q=0', 'br'],
  ['*', 'zstd'],
  ['*;q=0', undefined],
  ['zstd;q=0, *', 'br'],
  ['identity, gzip;q=0.5', undefined],
  ['identity;q=0.5, gzip;q=0.5', 'gzip'],
  ['deflate, compress', undefined],
  ['GZIP ; q=0.3', 'gzip'],
  ['gzip;q=2', undefined],
] as const) {
  test(`accepting ${JSON.stringify(accepted)} gets ${coding}`, () =>
    assert.equal(codingOf(accepted), coding));
}

const app = krepis()
  .compress({ unless: (request) => request.path.startsWith('/secret') })
  .get('/text', () => LONG)
  .get('/json', async () => ({ LONG }))
  .get('/huge', () => HUGE)
  .get('/short', () => 'short')
  .get('/secret', () => LONG)
  .get('/never', () => reply(LONG, { compress: false }))
  .get('/as-is', () => reply(LONG, { headers: { 'cache-control': 'no-transform' } }))
  .get('/image', () => reply(LONG, { headers: { 'content-type': 'image/png' } }))
  .get('/coded', () =>
    reply(zlib.gzipSync(LONG), { headers: { 'content-type': 'text/plain', 'content-encoding': 'gzip' } }),
  )
  .get('/tagged', () => reply(LONG, { headers: { etag: '"1"', vary: 'Origin' } }))
  .get('/web', () => new Response(LONG))
  .get('/pieces', () =>
    reply(
      (async function* () {
        for (let i = 0; i < 3; i++) yield LONG;
      })(),
      { headers: { 'content-type': 'text/plain' } },
    ),
  );

let server: Listening;
before(() => {
  server = app.listen(0);
});
after(() => server.close());

async function get(port: number, path: string, coding: string): Promise<[Record<string, string>, Buffer]> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: ${coding}\r\nConnection: close\r\n\r\n`);
  const pieces: Buffer[] = [];
  socket.on('data', (piece: Buffer) => pieces.push(piece));
  await once(socket, 'close');
  const said = Buffer.concat(pieces);
  const end = said.indexOf('\r\n\r\n');
  const lines = said.subarray(0, end).toString().split('\r\n').slice(1);
  const headers = Object.fromEntries(
    lines.map((line) => [line.split(': ')[0]?.toLowerCase(), line.split(': ')[1]]),
  );
  return [headers, said.subarray(end + 4)];
}

test('texts come in the coding that was asked for, and are what they were', async () => {
  for (const [coding, decode] of Object.entries(DECODE)) {
    for (const [path, text] of [
      ['/text', LONG],
      ['/json', JSON.stringify({ LONG })],
      ['/huge', HUGE],
      ['/web', LONG],
    ] as const) {
      const [headers, body] = await get(server.port, path, coding);
      assert.deepEqual([headers['content-encoding'], headers.vary], [coding, 'Accept-Encoding'], path);
      assert.equal(Number(headers['content-length']), body.length);
      assert.ok(body.length < text.length / 10);
      assert.equal(decode(body).toString(), text);
    }
  }
});

test('what is not to be compressed is not', async () => {
  for (const path of ['/short', '/secret', '/never', '/as-is', '/image']) {
    const [headers, body] = await get(server.port, path, 'gzip');
    assert.deepEqual([headers['content-encoding'], headers.vary], [undefined, undefined], path);
    assert.equal(body.toString(), path === '/short' ? 'short' : LONG);
  }
  const [headers, body] = await get(server.port, '/coded', 'br');
  assert.equal(headers['content-encoding'], 'gzip');
  assert.equal(zlib.gunzipSync(body).toString(), LONG);
  const [plain, text] = await get(server.port, '/tagged', 'identity');
  assert.deepEqual([plain.etag, plain.vary, text.toString()], ['"1"', 'Origin, Accept-Encoding', LONG]);
  assert.equal((await get(server.port, '/tagged', 'gzip'))[0].etag, 'W/"1"');
  const head = await exchange(
    server.port,
    'HEAD /text HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n',
  );
  assert.match(head, /content-encoding: gzip\r\n/);
});

test('pieces are compressed one by one, and come when they are there', async () => {
  const gate = Promise.withResolvers<void>();
  const own = krepis()
    .compress()
    .get('/', () =>
      reply(
        (async function* () {
          yield 'data: first\n\n';
          await gate.promise;
          yield 'data: second\n\n';
        })(),
        { headers: { 'content-type': 'text/event-stream' } },
      ),
    );
  const streaming = own.listen(0);
  const answer = await fetch(`http://127.0.0.1:${streaming.port}/`);
  assert.match(answer.headers.get('content-encoding') ?? '', /gzip|br|zstd/);
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal((await reader?.read())?.value, 'data: first\n\n');
  gate.resolve();
  assert.equal((await reader?.read())?.value, 'data: second\n\n');
  assert.equal((await reader?.read())?.done, true);
  await streaming.close();
  assert.equal(await (await fetch(`http://127.0.0.1:${server.port}/pieces`)).text(), LONG.repeat(3));
});
