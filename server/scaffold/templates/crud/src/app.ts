import { HttpError, krepis, reply, t } from 'krepis';
import type { Database } from './database.ts';
import { Tasks } from './tasks.ts';

const ID_MAX = 2 ** 31 - 1; // of an integer in PostgreSQL
const Id = t.object({ id: t.integer({ min: 1, max: ID_MAX }) });
const Page = t.object({
  after: t.optional(t.integer({ min: 0, max: ID_MAX })),
  limit: t.optional(t.integer({ min: 1, max: 100 })),
});
const Title = t.string({ min: 1, max: 200, pattern: /^[^\0]*$/ }); // PostgreSQL has no text with a zero byte
const NewTask = t.object({ title: Title });
const ChangedTask = t.object({ title: Title, done: t.boolean(), version: t.integer({ min: 1, max: ID_MAX }) });

export function application(db: Database) {
  const app = krepis()
    .provide('db', () => db)
    .provide('tasks', ({ db }) => new Tasks(db));

  app.get('/tasks', { query: Page }, (request, { tasks }) => {
    const { after = 0, limit = 50 } = request.valid.query;
    return tasks.list(after, limit);
  });

  app.post('/tasks', { body: NewTask }, async (request, { tasks }) => {
    const task = await tasks.add(request.valid.body.title);
    return reply(task, { status: 201 });
  });

  app.get('/tasks/:id', { params: Id }, async (request, { tasks }) => {
    const task = await tasks.find(request.valid.params.id);
    if (!task) throw new HttpError(404, 'no such task');
    return task;
  });

  app.put('/tasks/:id', { params: Id, body: ChangedTask }, async (request, { tasks }) => {
    const { id } = request.valid.params;
    const { title, done, version } = request.valid.body;
    const changed = await tasks.change(id, version, { title, done });
    if (changed) return changed;
    if (!(await tasks.find(id))) throw new HttpError(404, 'no such task');
    throw new HttpError(409, 'the task has changed since');
  });

  app.delete('/tasks/:id', { params: Id }, async (request, { tasks }) => {
    if (!(await tasks.remove(request.valid.params.id))) throw new HttpError(404, 'no such task');
    return reply(undefined, { status: 204 });
  });

  app.fixed('GET', '/health', 'ok');
  return app;
}
