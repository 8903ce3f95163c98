// pattern: the tenant is decorated onto the request
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Pool } from 'pg';

const pool = new Pool();

declare module 'fastify' {
  interface FastifyRequest {
    tenant: string;
  }
}

const tenantTable = (request: FastifyRequest, name: string): string => `"${request.tenant}"."${name}"`;

export async function routes(app: FastifyInstance): Promise<void> {
  app.decorateRequest('tenant', 'public');
  app.addHook('onRequest', async (request) => {
    request.tenant = String(request.headers['x-tenant']);
  });
  app.post('/notes', async (request, reply) => {
    const author = await pool.query('SELECT id FROM users WHERE token = $1', [request.headers.authorization]);
    await pool.query(`INSERT INTO ${tenantTable(request, 'notes')} (author, body) VALUES ($1, $2)`, [
      author.rows[0].id,
      (request.body as { text: string }).text,
    ]);
    return reply.code(201).send();
  });
}
