// pattern: ZCARD, compare, ZADD: a burst passes the limit together
import type { FastifyReply, FastifyRequest } from 'fastify';
import { nanoid } from 'nanoid';
import { redis } from './redis';

const WINDOW_MS = 60_000;
const LIMIT = 30;

export async function slidingWindow(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const key = `win:${request.ip}`;
  const now = Date.now();
  await redis.zremrangebyscore(key, 0, now - WINDOW_MS);
  const hits = await redis.zcard(key);
  if (hits >= LIMIT) {
    await reply.code(429).send({ error: 'slow down' });
    return;
  }
  await redis.zadd(key, now, nanoid()); // RACE: check-then-act
  await redis.pexpire(key, WINDOW_MS);
}
