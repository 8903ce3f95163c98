import type { DatabaseSync } from 'node:sqlite';
import { HttpError, krepis, reply, t } from 'krepis';
import { Files } from './files.ts';

const BYTES_MAX = 10 * 1024 * 1024;
const Name = t.object({ name: t.string({ pattern: /^[\w-][\w .-]{0,99}$/ }) });
const TYPE = /^[\w.+-]{1,60}\/[\w.+-]{1,60}$/;

export function application(db: DatabaseSync, folder: string) {
  const app = krepis({ bodyBytesMax: BYTES_MAX }).provide('files', () => new Files(db, folder));

  app.get('/files', (_request, { files }) => files.list());

  app.put('/files/:name', { params: Name }, async (request, { files }) => {
    const type = request.header('content-type') ?? 'application/octet-stream';
    if (!TYPE.test(type)) throw new HttpError(415, 'the content type has parameters, or is none');
    return reply(await files.put(request.valid.params.name, type, request.bytes()), { status: 201 });
  });

  app.get('/files/:name', { params: Name }, async (request, { files }) => {
    const file = files.find(request.valid.params.name);
    if (!file) throw new HttpError(404, 'no such file');
    const headers = { 'content-type': file.type, 'x-content-type-options': 'nosniff', 'content-disposition': 'attachment' };
    return reply(await files.content(file), { headers });
  });

  app.delete('/files/:name', { params: Name }, (request, { files }) => {
    if (!files.remove(request.valid.params.name)) throw new HttpError(404, 'no such file');
    return reply(undefined, { status: 204 });
  });

  app.fixed('GET', '/health', 'ok');
  return app;
}
