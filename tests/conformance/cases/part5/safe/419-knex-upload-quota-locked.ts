import Fastify from 'fastify';
import knex from 'knex';

const db = knex({ client: 'pg', connection: process.env.DATABASE_URL });
const app = Fastify();
const QUOTA = 10_000_000;

app.post<{ Params: { user: string }; Body: { name: string; bytes: number } }>('/files/:user', async (request, reply) => {
  const { user } = request.params;
  const { name, bytes } = request.body;
  const stored = await db.transaction(async (trx) => {
    await trx('users').where({ id: user }).forUpdate().first();
    const row = await trx('files').where({ owner: user }).sum({ used: 'bytes' }).first();
    if (Number(row?.used ?? 0) + bytes > QUOTA) return false;
    await trx('files').insert({ owner: user, name, bytes });
    return true;
  });
  return reply.code(stored ? 201 : 413).send();
});

export { app };
