/** The kernel and the rest of Node: event loop, workers, garbage collection, exit. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { krepis } from '../sdk/index.ts';

const sdk = new URL('../sdk/index.ts', import.meta.url).href;
const run = promisify(execFile);

/** Runs a module in a process of its own, with the SDK imported. */
async function program(text: string): Promise<string> {
  const source = `import { krepis } from ${JSON.stringify(sdk)};\n${text}`;
  const done = await run(process.execPath, ['--expose-gc', '--input-type=module', '-e', source], {
    timeout: 60_000,
  });
  assert.equal(done.stderr, '');
  return done.stdout;
}

test('handlers can wait for everything that Node can wait for', async () => {
  const other = createServer((_, response) => response.end('other'));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  const app = krepis().get('/', async () => {
    const file = await readFile(new URL(import.meta.url), 'utf8');
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => process.nextTick(resolve));
    const done = await run(process.execPath, ['-p', '6 * 7']);
    const text = await (await fetch(`http://127.0.0.1:${port}`)).text();
    return [file.length > 0, done.stdout.trim(), text];
  });
  const server = app.listen(0);
  const all = Array.from({ length: 5 }, async () => (await fetch(`http://127.0.0.1:${server.port}`)).json());
  for (const got of await Promise.all(all)) assert.deepEqual(got, [true, '42', 'other']);
  await server.close();
  other.close();
});

test('timers of Node fire while nobody asks, and while somebody always asks', async () => {
  const app = krepis().get('/', () => '');
  const server = app.listen(0);
  await new Promise((resolve) => setTimeout(resolve, 20));
  let over = false;
  setTimeout(() => {
    over = true;
  }, 20);
  while (!over) await fetch(`http://127.0.0.1:${server.port}`);
  await server.close();
});

test('a process lives while its server listens, and ends by itself when that is closed', async () => {
  const out = await program(`
    const server = krepis().get('/', () => 'a').listen(0);
    console.log(await (await fetch('http://127.0.0.1:' + server.port)).text());
    setTimeout(async () => { await server.close(); console.log('closed'); }, 50);
  `);
  assert.equal(out, 'a\nclosed\n');
});

test('a process that exits, or throws in a handler, does so cleanly', async () => {
  assert.equal(
    await program(`krepis().get('/', () => 'a').listen(0); setTimeout(() => process.exit(0), 20);`),
    '',
  );
  const out = await program(`
    process.on('uncaughtException', (error) => { console.log(error.message); process.exit(0); });
    const server = krepis().get('/', () => { setTimeout(() => { throw new Error('later'); }); return ''; }).listen(0);
    await fetch('http://127.0.0.1:' + server.port);
  `);
  assert.equal(out, 'later\n');
});

test('applications that never listened are collected', async () => {
  const out = await program(`
    const refs = [];
    for (let i = 0; i < 30; i++) refs.push(new WeakRef(krepis({ connectionsMax: 100 }).get('/', () => '')));
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc();
    await new Promise((resolve) => setImmediate(resolve));
    console.log(refs.every((ref) => ref.deref() === undefined));
  `);
  assert.equal(out, 'true\n');
});

test('garbage collection during traffic takes nothing away', async () => {
  const out = await program(`
    const port = krepis().get('/:n', async (request) => {
      globalThis.gc();
      await null;
      return { n: request.params.n };
    }).listen(0).port;
    for (let i = 0; i < 50; i++) {
      const got = await Promise.all([1, 2, 3].map(async (n) => (await fetch('http://127.0.0.1:' + port + '/' + n)).text()));
      if (got.join() !== '{"n":"1"},{"n":"2"},{"n":"3"}') throw new Error(got.join());
    }
    console.log('good');
    process.exit(0);
  `);
  assert.equal(out, 'good\n');
});

test('servers in workers, which end by themselves and by force', async () => {
  const source = `
    const { parentPort } = require('node:worker_threads');
    import(${JSON.stringify(sdk)}).then(({ krepis }) => {
      const server = krepis().get('/', () => 'worker').listen(0);
      parentPort.postMessage(server.port);
      parentPort.once('message', () => server.close());
    });
  `;
  for (const end of ['by itself', 'by force']) {
    const worker = new Worker(source, { eval: true });
    const port = await new Promise<number>((resolve) => worker.once('message', resolve));
    assert.equal(await (await fetch(`http://127.0.0.1:${port}`)).text(), 'worker');
    const exited = new Promise((resolve) => worker.once('exit', resolve));
    if (end === 'by itself') worker.postMessage('close');
    else await worker.terminate();
    await exited;
    await assert.rejects(fetch(`http://127.0.0.1:${port}`));
  }
});
