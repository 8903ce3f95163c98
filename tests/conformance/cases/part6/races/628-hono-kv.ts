import { Hono } from 'hono';

const app = new Hono<{ Bindings: { COUNTS: KVNamespace } }>();

app.post('/hit/:page', async (c) => {
  const page = c.req.param('page');
  const hits = parseInt((await c.env.COUNTS.get(page)) ?? '0', 10);
  await c.env.COUNTS.put(page, String(hits + 1)); // RACE: lost-update
  return c.json({ hits: hits + 1 });
});

export default app;
