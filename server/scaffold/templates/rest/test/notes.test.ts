import assert from 'node:assert/strict';
import { test } from 'node:test';
import { application } from '../src/app.ts';
import { json, serve } from './serve.ts';

test('a note is added, read and removed, over HTTP', async () => {
  const url = serve(application());
  const added = await fetch(`${url}/notes`, json('POST', { title: 'Milk', text: 'two bottles' }));
  assert.equal(added.status, 201);
  assert.deepEqual(await added.json(), { id: 1, title: 'Milk', text: 'two bottles' });
  assert.deepEqual(await (await fetch(`${url}/notes`)).json(), [{ id: 1, title: 'Milk', text: 'two bottles' }]);
  assert.equal((await fetch(`${url}/notes/1`, { method: 'DELETE' })).status, 204);
  assert.equal((await fetch(`${url}/notes/1`)).status, 404);
});

test('a note without a title is refused, and the answer says where', async () => {
  const refused = await application().fetch(
    new Request('http://test/notes', json('POST', { title: '', text: '' })),
  );
  assert.equal(refused.status, 422);
  const { issues } = (await refused.json()) as { issues: unknown };
  assert.deepEqual(issues, [{ path: '/title', message: 'must have at least 1 characters' }]);
});

test('an identifier that is no number is refused', async () => {
  assert.equal((await application().fetch(new Request('http://test/notes/first'))).status, 400);
});
