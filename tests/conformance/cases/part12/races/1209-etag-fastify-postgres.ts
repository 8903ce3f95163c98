import Fastify from 'fastify';
import fastifyPostgres from '@fastify/postgres';

const app = Fastify({ logger: true });
app.register(fastifyPostgres, { connectionString: process.env.DATABASE_URL });

interface PageBody {
  title: string;
  content: string;
}

app.get<{ Params: { slug: string } }>('/pages/:slug', async (request, reply) => {
  const { rows } = await app.pg.query('SELECT title, content, version FROM pages WHERE slug = $1', [request.params.slug]);
  if (rows.length === 0) return reply.code(404).send();
  return reply.header('ETag', `"${rows[0].version}"`).send(rows[0]);
});

app.put<{ Params: { slug: string }; Body: PageBody }>('/pages/:slug', async (request, reply) => {
  const expected = Number(request.headers['if-match']?.replaceAll('"', ''));
  const { slug } = request.params;
  const { title, content } = request.body;
  const { rows } = await app.pg.query('SELECT version FROM pages WHERE slug = $1', [slug]);
  if (rows.length === 0) return reply.code(404).send();
  if (rows[0].version !== expected) return reply.code(412).send({ current: rows[0].version });
  await app.pg.query('UPDATE pages SET title = $1, content = $2, version = $3 WHERE slug = $4', [ // RACE: check-then-act
    title,
    content,
    expected + 1,
    slug,
  ]);
  return reply.header('ETag', `"${expected + 1}"`).code(204).send();
});

export default app;
