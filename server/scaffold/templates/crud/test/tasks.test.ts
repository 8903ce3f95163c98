import assert from 'node:assert/strict';
import { test } from 'node:test';
import { application } from '../src/app.ts';
import type { Task } from '../src/tasks.ts';
import { fresh } from './fresh.ts';
import { json, serve } from './serve.ts';

const url = serve(application(await fresh()));

async function add(title: string): Promise<Task> {
  const added = await fetch(`${url}/tasks`, json('POST', { title }));
  assert.equal(added.status, 201);
  return (await added.json()) as Task;
}

test('a task is added, read, changed and removed', async () => {
  const task = await add('write tests');
  assert.deepEqual(task, { id: task.id, title: 'write tests', done: false, version: 1 });
  const at = `${url}/tasks/${task.id}`;
  assert.deepEqual(await (await fetch(at)).json(), task);
  const changed = await fetch(at, json('PUT', { title: 'more tests', done: true, version: 1 }));
  assert.deepEqual(await changed.json(), { ...task, title: 'more tests', done: true, version: 2 });
  assert.equal((await fetch(at, { method: 'DELETE' })).status, 204);
  assert.equal((await fetch(at)).status, 404);
  assert.equal((await fetch(at, { method: 'DELETE' })).status, 404);
});

test('pages follow each other', async () => {
  const ids = [];
  for (const title of ['one', 'two', 'three']) ids.push((await add(title)).id);
  const page = await fetch(`${url}/tasks?limit=2&after=${(ids[0] as number) - 1}`);
  assert.deepEqual(
    ((await page.json()) as Task[]).map((task) => task.id),
    ids.slice(0, 2),
  );
});

test('of changes to the same version one is done, and the others are told', async () => {
  const { id } = await add('contended');
  const answers = await Promise.all(
    ['a', 'b', 'c', 'd'].map((title) => fetch(`${url}/tasks/${id}`, json('PUT', { title, done: false, version: 1 }))),
  );
  assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 409, 409, 409]);
});

test('what is wrong is refused before the database hears of it', async () => {
  assert.equal((await fetch(`${url}/tasks`, json('POST', { title: '' }))).status, 422);
  assert.equal((await fetch(`${url}/tasks/99999999999`)).status, 400);
  assert.equal((await fetch(`${url}/tasks/2000000000`)).status, 404);
});
