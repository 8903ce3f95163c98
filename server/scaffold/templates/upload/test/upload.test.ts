import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { application } from '../src/app.ts';
import { connect } from '../src/database.ts';
import { serve } from './serve.ts';

const folder = await mkdtemp(join(tmpdir(), 'uploads-'));
after(() => rm(folder, { recursive: true }));
const url = serve(application(connect(':memory:'), folder));

function put(name: string, content: Uint8Array<ArrayBuffer>, type = 'image/png'): Promise<Response> {
  return fetch(`${url}/files/${name}`, { method: 'PUT', body: content, headers: { 'content-type': type } });
}

test('a file comes back as it was sent', async () => {
  const content = new Uint8Array(randomBytes(300_000));
  assert.equal((await put('cat.png', content)).status, 201);
  const got = await fetch(`${url}/files/cat.png`);
  assert.equal(got.headers.get('content-type'), 'image/png');
  assert.deepEqual(new Uint8Array(await got.arrayBuffer()), content);
});

test('equal contents are stored once, also when they come at once, and nothing is left half done', async () => {
  const content = new Uint8Array(randomBytes(1000));
  const answers = await Promise.all(['a', 'b', 'c'].map((name) => put(name, content)));
  const hashes = await Promise.all(answers.map(async (answer) => ((await answer.json()) as { hash: string }).hash));
  assert.equal(new Set(hashes).size, 1);
  const kept = await readdir(folder);
  assert.equal(kept.filter((name) => name === hashes[0]).length, 1);
  assert.deepEqual(kept.filter((name) => name.endsWith('.part')), []);
});

test('names do not lead out of the folder', async () => {
  assert.equal((await put('..%2Fout', new Uint8Array(1))).status, 400);
  assert.equal((await put('.hidden', new Uint8Array(1))).status, 400);
});

test('a file can be removed once', async () => {
  await put('gone', new Uint8Array([1]));
  assert.equal((await fetch(`${url}/files/gone`, { method: 'DELETE' })).status, 204);
  assert.equal((await fetch(`${url}/files/gone`, { method: 'DELETE' })).status, 404);
});
