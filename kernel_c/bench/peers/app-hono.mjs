import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { getCookie } from 'hono/cookie';
import { cors } from 'hono/cors';
import { list, made, one, order, RESOURCES, security } from './app-shared.mjs';

const app = new Hono();
const log = createWriteStream(process.env.LOG, { flags: 'a' });
const headers = Object.entries(security());
app.use(async (context, next) => {
  const start = performance.now();
  await next();
  log.write(`${context.req.method} ${context.req.path} ${context.res.status} - ${(performance.now() - start).toFixed(3)} ms\n`);
});
app.use(cors());
app.use(async (context, next) => {
  for (const [name, value] of headers) context.header(name, value);
  context.header('x-request-id', randomUUID());
  await next();
});
for (const resource of RESOURCES) {
  app.get(`/api/${resource}`, (context) => context.json(list(resource)));
  app.get(`/api/${resource}/:id`, (context) =>
    context.json(one(resource, context.req.param('id'), getCookie(context, 'session'))),
  );
  app.post(`/api/${resource}`, async (context) => {
    const body = order.safeParse(await context.req.json());
    return body.success
      ? context.json(made(resource, body.data, getCookie(context, 'session')))
      : context.json({ error: body.error.issues }, 422);
  });
}
const server = createAdaptorServer({ fetch: app.fetch });
server.listen(Number(process.argv[2]));
