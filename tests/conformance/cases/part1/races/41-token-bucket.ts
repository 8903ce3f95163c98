// pattern: tokens in the closure of a middleware factory, copied before the cost is known, written back after it
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
    const available = tokens;
    const cost = await costOf(c.req.path);
    if (available < cost) {
      return c.json({ error: 'rate limited' }, 429);
    }
    tokens = available - cost; // RACE: lost-update
    await next();
  });
}

export const app = new Hono();
app.use('/api/*', tokenBucket({ capacity: 100, refillMs: 60_000 }));
