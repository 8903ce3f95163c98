import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { application } from '../src/app.ts';
import { ATTEMPTS_MAX, type Job, Queue } from '../src/queue.ts';
import { step } from '../src/worker.ts';
import { fresh } from './fresh.ts';
import { json } from './serve.ts';

const db = await fresh();
after(() => db[Symbol.asyncDispose]());
const queue = new Queue(db);
const app = application(db);

async function enqueue(key: string, kind: string): Promise<Job> {
  const body = { key, kind, payload: { name: 'Ada' } };
  const answer = await app.fetch(new Request('http://test/jobs', json('POST', body)));
  assert.equal(answer.status, 202);
  return (await answer.json()) as Job;
}

test('a job is enqueued once, done, and can be looked at', async () => {
  const job = await enqueue('a', 'greet');
  assert.equal((await enqueue('a', 'greet')).id, job.id);
  assert.equal(await step(queue), true);
  assert.equal(await step(queue), false);
  const answer = await app.fetch(new Request(`http://test/jobs/${job.id}`));
  assert.deepEqual([answer.status, ((await answer.json()) as Job).state], [200, 'done']);
});

test('no job is taken by two workers', async () => {
  const jobs = await Promise.all(['b', 'c', 'd'].map((key) => enqueue(key, 'greet')));
  const taken = await Promise.all([queue.take(), queue.take(), queue.take(), queue.take()]);
  const ids = taken.flatMap((job) => (job ? [job.id] : [])).sort();
  assert.deepEqual(ids, jobs.map((job) => job.id).sort());
  for (const job of taken) if (job) await queue.done(job);
});

test('what fails is tried again, and not for ever', async () => {
  const { id } = await enqueue('e', 'fail');
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    await db.query('UPDATE jobs SET due = now() WHERE id = $1', [id]);
    assert.equal(await step(queue), true);
  }
  const job = await queue.find(id);
  assert.deepEqual([job?.state, job?.attempts, job?.error], ['failed', ATTEMPTS_MAX, 'as asked']);
});

test('a worker that was thought dead changes nothing any more', async () => {
  const { id } = await enqueue('f', 'greet');
  const slow = await queue.take();
  await db.query('UPDATE jobs SET due = now() WHERE id = $1', [id]); // its minute is over
  const second = await queue.take();
  assert.ok(slow && second && slow.id === second.id);
  assert.equal(await queue.failed(slow, 'late'), false);
  assert.equal(await queue.done(second), true);
});
