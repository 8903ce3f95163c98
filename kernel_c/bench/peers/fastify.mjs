import fastify from 'fastify';

const app = fastify();
const user = { type: 'object', properties: { id: { type: 'string' }, name: { type: 'string' } } };
app.get('/', (_, reply) => reply.type('text/plain; charset=utf-8').send('Hello, World!'));
app.get('/users/:id', { schema: { response: { 200: user } } }, (request, reply) =>
  reply.send({ id: request.params.id, name: `user ${request.params.id}` }),
);
app.post('/echo', (request, reply) => reply.send(request.body));
const target = process.argv[2];
await app.listen(target.startsWith('/') ? { path: target } : { port: Number(target), host: '127.0.0.1' });
