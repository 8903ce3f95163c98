// pattern: the window is filtered and extended in the tick after the look-up
import { Hono, type MiddlewareHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { planOf } from './plans';

type Env = { Variables: { tenant: string } };

function slidingWindow(windowMs: number): MiddlewareHandler<Env> {
  const hits: Record<string, number[]> = Object.create(null);
  return async function limit(c, next) {
    const tenant = c.get('tenant');
    const { requestsPerWindow } = await planOf(tenant);
    const recent = (hits[tenant] ?? []).filter((at) => at > Date.now() - windowMs);
    if (recent.length >= requestsPerWindow) {
      throw new HTTPException(429, { message: 'slow down' });
    }
    hits[tenant] = [...recent, Date.now()];
    await next();
  };
}

export const app = new Hono<Env>()
  .use('/api/*', slidingWindow(60_000))
  .get('/api/reports', (c) => c.json({ ok: true }));

export default app;
