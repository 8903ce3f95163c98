/** What needs no editor: finding the server, and what is said about an interleaving. */

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { check, locate, NoServer } from '../src/bootstrap.ts';
import { asText, matching, role, stateAfter, type Timeline } from '../src/timeline.ts';

function script(folder: string, output: string): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'krepis');
  writeFileSync(file, `#!/bin/sh\necho '${output}'\n`);
  chmodSync(file, 0o755);
  return file;
}

test('the server is looked for in the stated order', () => {
  const root = mkdtempSync(join(tmpdir(), 'krepis-'));
  const inPath = script(join(root, 'path'), '');
  const bundled = script(join(root, 'extension', 'server', 'bin'), '');
  const named = script(join(root, 'environment'), '');
  const setting = script(join(root, 'workspace', 'tools'), '');
  const places = {
    setting: 'tools/krepis',
    folder: join(root, 'workspace'),
    environment: { KREPIS_PATH: named, PATH: `relative:${join(root, 'path')}` },
    extension: join(root, 'extension'),
  };
  assert.equal(locate(places).command, setting);
  const unset = { ...places, setting: '' };
  assert.equal(locate(unset).command, named);
  const noVariable = { ...unset, environment: { PATH: places.environment.PATH } };
  assert.equal(locate(noVariable).command, bundled);
  const notBundled = { ...noVariable, extension: root };
  assert.deepEqual(locate(notBundled), { command: inPath, origin: 'the PATH' });
  assert.throws(() => locate({ ...notBundled, environment: { PATH: 'path' } }), /not installed/);
});

test('a path that was written down is never silently ignored', () => {
  const places = { setting: '/nowhere/krepis', folder: undefined, environment: process.env, extension: '/' };
  assert.throws(
    () => locate(places),
    /setting krepis\.path names \/nowhere\/krepis, which cannot be executed/,
  );
});

test('what is started must say that it is Krepis, and be new enough', async () => {
  const root = mkdtempSync(join(tmpdir(), 'krepis-'));
  const says = (output: string) => check({ command: script(root, output), origin: 'a test' });
  assert.equal((await says('krepis 0.1.0')).version, '0.1.0');
  assert.equal((await says('krepis 1.0.0rc1')).version, '1.0.0rc1');
  await assert.rejects(says('krepis 0.0.9'), /krepis 0\.0\.9 is too old/);
  await assert.rejects(says('hello'), /is not Krepis/);
  await assert.rejects(check({ command: '/bin/false', origin: 'a test' }), NoServer);
});

const at = (
  task: string,
  action: Timeline['steps'][number]['action'],
  what: string,
  value: string,
  line: number,
) => ({
  task,
  call: `credit(${task})`,
  file: 'wallet.ts',
  uri: 'file:///wallet.ts',
  line,
  action,
  what,
  value,
});

const LOST: Timeline = {
  rule: 'krepis/race/lost-update',
  kind: 'lost-update',
  severity: 'error',
  file: 'wallet.ts',
  line: 5,
  function: 'credit',
  message: 'An update is lost.',
  why: '',
  help: '',
  steps: [
    at('A', 'call', 'credit(n)', '', 2),
    at('A', 'read', 'balance', 'b0', 3),
    at('A', 'await', 'check()', '', 4),
    at('B', 'read', 'balance', 'b0', 3),
    at('B', 'write', 'balance', 'b0 + m', 5),
    at('A', 'write', 'balance', 'b0 + n', 5),
    at('A', 'return', '', 'undefined', 6),
  ],
  tasks: ['A', 'B'],
  roles: { staleRead: 1, foreignWrite: 4, act: 5 },
  states: 10,
  traces: 2,
  schedule: '0-1-1-0',
  fingerprint: 'f',
  fixes: [],
};

test('the decisive steps are named', () => {
  const named = LOST.steps.map((_, index) => role(LOST, index));
  assert.deepEqual(named, ['', 'stale read', '', '', 'foreign write', 'stale act', '']);
});

test('the shared state follows the steps', () => {
  assert.deepEqual(stateAfter(LOST, 0), []);
  assert.deepEqual(stateAfter(LOST, 4), [{ what: 'balance', value: 'b0 + m', by: 4 }]);
  assert.deepEqual(stateAfter(LOST, 6), [{ what: 'balance', value: 'b0 + n', by: 5 }]);
});

test('a filter leaves the steps with all of its words', () => {
  assert.deepEqual([...matching(LOST, 'WRITES b', false)], [4, 5]);
  assert.deepEqual([...matching(LOST, 'stale', false)], [1, 5]);
  assert.deepEqual([...matching(LOST, '', true)], [1, 3, 4, 5]);
  assert.equal(matching(LOST, '', false).size, 7);
});

test('the text form names places, parts and the replay', () => {
  const text = asText(LOST);
  assert.match(text, /^2 {2}A {2}wallet\.ts:3 {2}reads balance = b0 {3}<- stale read$/m);
  assert.match(text, /^7 {2}A {2}wallet\.ts:6 {2}returns undefined$/m);
  assert.match(text, /replay 0-1-1-0\n$/);
});
