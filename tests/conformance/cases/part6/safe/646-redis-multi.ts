import Redis from 'ioredis';
import type { FastifyInstance } from 'fastify';

const redis = new Redis();
const BID = `
local best = tonumber(redis.call('hget', KEYS[1], 'best') or '0')
if best >= tonumber(ARGV[1]) then return 0 end
redis.call('hset', KEYS[1], 'best', ARGV[1])
redis.call('hincrby', KEYS[1], 'bids', 1)
return 1
`;

export default async function routes(app: FastifyInstance) {
  app.post<{ Params: { id: string }; Body: { bid: number } }>('/auctions/:id/bids', async (request, reply) => {
    const won = await redis.eval(BID, 1, `auction:${request.params.id}`, request.body.bid);
    if (won === 0) return reply.code(409).send();
    return { best: request.body.bid };
  });
}
