// pattern: cost awaited first, then compared and subtracted in one tick
import { Hono } from 'hono';
import { createMiddleware } from 'hono/factory';
import { costOf } from './costs';

interface BucketOptions {
  capacity: number;
  refillMs: number;
}

export function tokenBucket({ capacity, refillMs }: BucketOptions) {
  let tokens = capacity;
  setInterval(() => {
    tokens = capacity;
  }, refillMs).unref();

  return createMiddleware(async (c, next) => {
    const cost = await costOf(c.req.path);
    if (tokens < cost) {
      return c.json({ error: 'rate limited' }, 429);
    }
    tokens -= cost;
    await next();
  });
}

export const app = new Hono();
app.use('/api/*', tokenBucket({ capacity: 100, refillMs: 60_000 }));
