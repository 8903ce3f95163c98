// pattern: the cost is awaited first
import Fastify, { type FastifyInstance } from 'fastify';
import { estimate } from './pricing';

interface Budget {
  left: number;
}

const app: FastifyInstance = Fastify({ logger: true });
const budget: Budget = { left: 100_000 };

app.decorate('budget', budget);

app.route<{ Body: { prompt: string } }>({
  method: 'POST',
  url: '/completions',
  handler: async (request, reply) => {
    const cost = await estimate(request.body.prompt);
    budget.left -= cost;
    return reply.send({ left: budget.left });
  },
});

export { app };
