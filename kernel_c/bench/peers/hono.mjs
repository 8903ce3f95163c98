import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';

const app = new Hono();
app.get('/', (context) => context.text('Hello, World!'));
app.get('/users/:id', (context) => context.json({ id: context.req.param('id'), name: `user ${context.req.param('id')}` }));
app.post('/echo', async (context) => context.json(await context.req.json()));
const server = createAdaptorServer({ fetch: app.fetch });
server.listen(process.argv[2].startsWith('/') ? process.argv[2] : Number(process.argv[2]));
