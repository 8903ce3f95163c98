import Fastify from 'fastify';
import { PluginRegistry } from './registry';

const registry = new PluginRegistry(process.env.DATA_DIR ?? '/var/lib/app');
const app = Fastify({ logger: true });

app.get('/plugins', () => registry.all());

app.put<{ Params: { name: string }; Body: { version: string } }>('/plugins/:name', async (request, reply) => {
  await registry.install(request.params.name, request.body.version);
  return reply.code(204).send();
});

app.listen({ port: 8080 });
