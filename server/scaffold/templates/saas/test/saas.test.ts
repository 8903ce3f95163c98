import assert from 'node:assert/strict';
import { test } from 'node:test';
import { application } from '../src/app.ts';
import type { Project } from '../src/tenants.ts';
import { fresh } from './fresh.ts';
import { json, serve } from './serve.ts';

const url = serve(application(await fresh(), 'admin'));

async function tenant(name: string, projectsMax: number): Promise<Record<string, string>> {
  const added = await fetch(`${url}/tenants`, json('POST', { name, projectsMax }, { 'x-admin-key': 'admin' }));
  assert.equal(added.status, 201);
  return { 'x-api-key': ((await added.json()) as { key: string }).key };
}
function add(key: Record<string, string>, name: string): Promise<Response> {
  return fetch(`${url}/projects`, json('POST', { name }, key));
}
async function names(key: Record<string, string>): Promise<string[]> {
  return ((await (await fetch(`${url}/projects`, { headers: key })).json()) as Project[]).map((one) => one.name);
}

test('a tenant sees and removes its own projects only', async () => {
  const [one, other] = [await tenant('one', 5), await tenant('other', 5)];
  const { id } = (await (await add(one, 'site')).json()) as Project;
  assert.equal((await add(other, 'site')).status, 201);
  assert.equal((await fetch(`${url}/projects/${id}`, { method: 'DELETE', headers: other })).status, 404);
  assert.deepEqual(await names(one), ['site']);
  assert.equal((await fetch(`${url}/projects/${id}`, { method: 'DELETE', headers: one })).status, 204);
  assert.deepEqual([await names(one), await names(other)], [[], ['site']]);
});

test('the limit of the plan holds for requests at once', async () => {
  const key = await tenant('small', 3);
  const answers = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => add(key, name)));
  assert.deepEqual(answers.map((answer) => answer.status).sort(), [201, 201, 201, 402, 402]);
  assert.equal((await names(key)).length, 3);
});

test('a name that is taken takes no place', async () => {
  const key = await tenant('names', 2);
  const answers = await Promise.all([add(key, 'same'), add(key, 'same')]);
  assert.deepEqual(answers.map((answer) => answer.status).sort(), [201, 409]);
  assert.equal((await add(key, 'different')).status, 201);
});

test('nobody gets in without a key', async () => {
  assert.equal((await fetch(`${url}/projects`)).status, 401);
  assert.equal((await fetch(`${url}/tenants`, json('POST', { name: 'x', projectsMax: 1 }))).status, 401);
});
