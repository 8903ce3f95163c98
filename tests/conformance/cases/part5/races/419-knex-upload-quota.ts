import Fastify from 'fastify';
import knex from 'knex';

const db = knex({ client: 'pg', connection: process.env.DATABASE_URL });
const app = Fastify();
const QUOTA = 10_000_000;

app.post<{ Params: { user: string }; Body: { name: string; bytes: number } }>('/files/:user', async (request, reply) => {
  const { user } = request.params;
  const { name, bytes } = request.body;
  const row = await db('files').where({ owner: user }).sum({ used: 'bytes' }).first();
  if (Number(row?.used ?? 0) + bytes > QUOTA) return reply.code(413).send();
  await db('files').insert({ owner: user, name, bytes }); // RACE: check-then-act
  return reply.code(201).send();
});

export { app };
