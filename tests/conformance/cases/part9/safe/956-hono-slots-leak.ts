// pattern: the count goes back in a finally
import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { search } from './search';

const MAX = 8;
let running = 0;

const app = new Hono();

app.get('/search', async (c) => {
  if (running >= MAX) throw new HTTPException(503, { message: 'busy' });
  running += 1;
  try {
    return c.json(await search(c.req.query('q') ?? ''));
  } finally {
    running -= 1;
  }
});

export default app;
