import assert from 'node:assert/strict';
import { test } from 'node:test';
import { application } from '../src/app.ts';
import { json, serve } from './serve.ts';

const url = serve(application());

async function add(text: string): Promise<void> {
  assert.equal((await fetch(`${url}/events`, json('POST', { text }))).status, 201);
}

/** Reads a stream until it has given `count` events; returns their texts. */
async function texts(count: number, headers: Record<string, string> = {}): Promise<string[]> {
  const stream = await fetch(`${url}/events`, { headers });
  assert.equal(stream.headers.get('content-type'), 'text/event-stream');
  let text = '';
  const decoder = new TextDecoder();
  for await (const part of stream.body ?? []) {
    text += decoder.decode(part, { stream: true });
    const found = [...text.matchAll(/^data: (.*)\n\n/gm)].map((match) => JSON.parse(match[1] as string).text as string);
    if (found.length >= count) return found; // and leaves
  }
  return [];
}

test('clients get what was, and what comes', async () => {
  await add('first');
  const all = [texts(2), texts(2)];
  await add('second\nof two lines');
  for (const one of all) assert.deepEqual(await one, ['first', 'second\nof two lines']);
});

test('a client goes on where it was', async () => {
  assert.deepEqual(await texts(1, { 'last-event-id': '1' }), ['second\nof two lines']);
});

test('nothing is added without a text', async () => {
  assert.equal((await fetch(`${url}/events`, json('POST', {}))).status, 422);
});
