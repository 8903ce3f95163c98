import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import cookie from '@fastify/cookie';
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import fastify from 'fastify';
import { list, made, one, order, RESOURCES } from './app-shared.mjs';

const app = fastify();
const log = createWriteStream(process.env.LOG, { flags: 'a' });
await app.register(helmet);
await app.register(cors);
await app.register(cookie);
app.addHook('onRequest', (_, reply, done) => {
  reply.header('x-request-id', randomUUID());
  done();
});
app.addHook('onResponse', (request, reply, done) => {
  log.write(`${request.method} ${request.url} ${reply.statusCode} - ${reply.elapsedTime.toFixed(3)} ms\n`);
  done();
});
for (const resource of RESOURCES) {
  app.get(`/api/${resource}`, (_, reply) => reply.send(list(resource)));
  app.get(`/api/${resource}/:id`, (request, reply) => reply.send(one(resource, request.params.id, request.cookies.session)));
  app.post(`/api/${resource}`, (request, reply) => {
    const body = order.safeParse(request.body);
    if (body.success) reply.send(made(resource, body.data, request.cookies.session));
    else reply.code(422).send({ error: body.error.issues });
  });
}
await app.listen({ port: Number(process.argv[2]), host: '127.0.0.1' });
