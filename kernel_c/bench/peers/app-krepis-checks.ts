import { randomUUID } from 'node:crypto';
import { krepis, t } from 'krepis';
import { list, made, one, RESOURCES, security } from './app-shared.mjs';

/** The same rules as `order` of the others, compiled by the SDK. */
const order = t.object({
  customer: t.string({ min: 1, max: 80 }),
  email: t.string({ format: 'email' }),
  note: t.optional(t.string({ max: 500 })),
  lines: t.array(
    t.object({ sku: t.string({ pattern: /^[a-z]+-\d+$/ }), count: t.integer({ min: 1, max: 99 }) }),
    { min: 1 },
  ),
});

const app = krepis()
  .headers({ ...security(), 'access-control-allow-origin': '*' })
  .accessLog(process.env.LOG as string)
  .after((_, answer) => {
    answer.headers = { ...answer.headers, 'x-request-id': randomUUID() };
  });
for (const resource of RESOURCES) {
  app.get(`/api/${resource}`, () => list(resource));
  app.get(`/api/${resource}/:id`, (request) => one(resource, request.params.id, request.cookies.session));
  app.post(`/api/${resource}`, { body: order }, (request) =>
    made(resource, request.valid.body, request.cookies.session),
  );
}
app.listen(Number(process.argv[2]));
