import Fastify from 'fastify';
import usage from './plugins/usage';
import complete from './routes/complete';

export async function build() {
  const app = Fastify({ logger: true });
  await app.register(usage);
  await app.register(complete, { prefix: '/v1' });
  return app;
}
