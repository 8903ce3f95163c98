import { HttpError, krepis, reply, t } from 'krepis';
import { Notes } from './notes.ts';

const NewNote = t.object({ title: t.string({ min: 1, max: 200 }), text: t.string({ max: 10_000 }) });
const Id = t.object({ id: t.integer({ min: 1 }) });

export function application() {
  const app = krepis().provide('notes', () => new Notes());

  app.get('/notes', (_request, { notes }) => notes.list());

  app.post('/notes', { body: NewNote }, (request, { notes }) => {
    const { title, text } = request.valid.body;
    return reply(notes.add(title, text), { status: 201 });
  });

  app.get('/notes/:id', { params: Id }, (request, { notes }) => {
    const note = notes.find(request.valid.params.id);
    if (!note) throw new HttpError(404, 'no such note');
    return note;
  });

  app.delete('/notes/:id', { params: Id }, (request, { notes }) => {
    if (!notes.remove(request.valid.params.id)) throw new HttpError(404, 'no such note');
    return reply(undefined, { status: 204 });
  });

  app.fixed('GET', '/health', 'ok');
  return app;
}
