// pattern: awaited with Promise.all
import Fastify from 'fastify';
import { glacier, orders, reports } from './services';

export const server = Fastify({ logger: true });

server.route({
  method: 'POST',
  url: '/archive/:year',
  handler: async (request, reply) => {
    const { year } = request.params as { year: string };
    const archived: string[] = [];
    const old = await orders.ofYear(Number(year));
    await Promise.all(
      old.map(async (order) => {
        await glacier.upload(order.id, JSON.stringify(order));
        archived.push(order.id);
      }),
    );
    await reports.record(Number(year), archived.length);
    return reply.code(200).send({ archived: archived.length });
  },
});
