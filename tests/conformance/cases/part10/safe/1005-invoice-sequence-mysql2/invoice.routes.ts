import type { FastifyPluginAsync } from 'fastify';
import { createPool } from 'mysql2/promise';
import { issueInvoice } from './invoice-numbers.js';

const pool = createPool(process.env.MYSQL_URL!);

const invoices: FastifyPluginAsync = async (fastify) => {
  fastify.post<{ Body: { series: string; orderId: number; totalCents: number } }>(
    '/invoices',
    { schema: { body: { type: 'object', required: ['series', 'orderId', 'totalCents'] } } },
    async (request, reply) => {
      const { series, orderId, totalCents } = request.body;
      const number = await issueInvoice(pool, series, orderId, totalCents);
      return reply.code(201).send({ number });
    },
  );
};

export default invoices;
