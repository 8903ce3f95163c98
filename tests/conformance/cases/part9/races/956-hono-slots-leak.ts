// pattern: Hono middleware counts the requests under way and forgets one when the handler after it throws
import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { search } from './search';

const MAX = 8;
let running = 0;

const app = new Hono();

app.get('/search', async (c) => {
  if (running >= MAX) throw new HTTPException(503, { message: 'busy' });
  running += 1; // RACE: lock-leak
  const hits = await search(c.req.query('q') ?? '');
  running -= 1;
  return c.json(hits);
});

export default app;
