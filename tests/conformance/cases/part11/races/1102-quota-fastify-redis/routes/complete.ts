import type { FastifyPluginAsync } from 'fastify';

const routes: FastifyPluginAsync = async (app) => {
  app.post<{ Body: { org: string; prompt: string } }>('/complete', async (request, reply) => {
    const { org, prompt } = request.body;
    const cost = Math.ceil(prompt.length / 4);
    if (!(await app.usage.charge(org, cost, 1_000_000))) {
      return reply.code(429).send({ error: 'quota exhausted' });
    }
    return { accepted: true, cost };
  });
};

export default routes;
