import { Hono } from 'hono';

const app = new Hono<{ Bindings: { FLAGS: KVNamespace } }>();

app.put('/flags/:name', async (c) => {
  const { enabled } = await c.req.json<{ enabled: boolean }>();
  await c.env.FLAGS.put(c.req.param('name'), enabled ? 'on' : 'off');
  return c.body(null, 204);
});

app.get('/flags/:name', async (c) => c.text((await c.env.FLAGS.get(c.req.param('name'))) ?? 'off'));

export default app;
