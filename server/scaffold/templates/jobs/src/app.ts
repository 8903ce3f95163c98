import { HttpError, krepis, reply, t } from 'krepis';
import type { Database } from './database.ts';
import { Queue } from './queue.ts';

const Id = t.object({ id: t.integer({ min: 1, max: 2 ** 31 - 1 }) });
const NewJob = t.object({
  key: t.string({ min: 1, max: 100, pattern: /^[^\0]*$/ }),
  kind: t.literal('greet', 'fail'),
  payload: t.object({ name: t.string({ max: 100, pattern: /^[^\0]*$/ }) }),
});

export function application(db: Database) {
  const app = krepis()
    .provide('db', () => db)
    .provide('queue', ({ db }) => new Queue(db));

  app.post('/jobs', { body: NewJob }, async (request, { queue }) => {
    const { key, kind, payload } = request.valid.body;
    return reply(await queue.add(key, kind, payload), { status: 202 });
  });

  app.get('/jobs/:id', { params: Id }, async (request, { queue }) => {
    const job = await queue.find(request.valid.params.id);
    if (!job) throw new HttpError(404, 'no such job');
    return job;
  });

  app.fixed('GET', '/health', 'ok');
  return app;
}
