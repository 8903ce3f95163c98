// pattern: decorated Fastify instance: `budget.left -= await cost()` fetches the old value before it waits
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
    budget.left -= await estimate(request.body.prompt); // RACE: lost-update
    return reply.send({ left: budget.left });
  },
});

export { app };
