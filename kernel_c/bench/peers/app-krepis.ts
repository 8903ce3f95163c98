import { randomUUID } from 'node:crypto';
import { krepis, reply } from 'krepis';
import { list, made, one, order, RESOURCES, security } from './app-shared.mjs';

const app = krepis()
  .headers({ ...security(), 'access-control-allow-origin': '*' })
  .accessLog(process.env.LOG as string)
  .after((_, answer) => {
    answer.headers = { ...answer.headers, 'x-request-id': randomUUID() };
  });
for (const resource of RESOURCES) {
  app.get(`/api/${resource}`, () => list(resource));
  app.get(`/api/${resource}/:id`, (request) => one(resource, request.params.id, request.cookies.session));
  app.post(`/api/${resource}`, (request) => {
    const body = order.safeParse(request.json());
    return body.success
      ? made(resource, body.data, request.cookies.session)
      : reply({ error: body.error.issues }, { status: 422 });
  });
}
app.listen(Number(process.argv[2]));
