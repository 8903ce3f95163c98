import { Hono } from 'hono';
import { importFile } from './import';

export const routes = new Hono();

routes.post('/imports', async (c) => {
  const { path } = await c.req.json<{ path: string }>();
  return c.json({ total: await importFile(path) });
});
