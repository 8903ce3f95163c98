// pattern: one Lua script trims, counts and adds
import type { FastifyReply, FastifyRequest } from 'fastify';
import { nanoid } from 'nanoid';
import { redis } from './redis';

const WINDOW_MS = 60_000;
const LIMIT = 30;

const HIT = `
redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, ARGV[1] - ARGV[2])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1`;

export async function slidingWindow(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const admitted = await redis.eval(HIT, 1, `win:${request.ip}`, Date.now(), WINDOW_MS, LIMIT, nanoid());
  if (admitted !== 1) {
    await reply.code(429).send({ error: 'slow down' });
  }
}
