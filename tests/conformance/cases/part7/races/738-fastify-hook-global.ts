// pattern: module variable set before an await by each request, used after it
import type { FastifyInstance } from 'fastify';
import { Pool } from 'pg';

const pool = new Pool();
let currentTenant = 'public';

export const tenantTable = (name: string): string => `"${currentTenant}"."${name}"`;

export async function routes(app: FastifyInstance): Promise<void> {
  app.post('/notes', async (request, reply) => {
    currentTenant = String(request.headers['x-tenant']);
    const author = await pool.query('SELECT id FROM users WHERE token = $1', [request.headers.authorization]);
    await pool.query(`INSERT INTO ${tenantTable('notes')} (author, body) VALUES ($1, $2)`, [ // RACE: stale-read
      author.rows[0].id,
      (request.body as { text: string }).text,
    ]);
    return reply.code(201).send();
  });
}
