import Redis from 'ioredis';
import type { FastifyInstance } from 'fastify';

const redis = new Redis();

export default async function routes(app: FastifyInstance) {
  app.post<{ Params: { id: string }; Body: { bid: number } }>('/auctions/:id/bids', async (request, reply) => {
    const key = `auction:${request.params.id}`;
    const [best, bids] = await redis.hmget(key, 'best', 'bids');
    if (Number(best ?? 0) >= request.body.bid) return reply.code(409).send();
    await redis
      .multi()
      .hset(key, 'best', request.body.bid)
      .hset(key, 'bids', Number(bids ?? 0) + 1) // RACE: lost-update
      .exec();
    return { best: request.body.bid };
  });
}
