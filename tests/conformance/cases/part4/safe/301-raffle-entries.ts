// pattern: receipt verified first, then checked and stored in one tick
import type { FastifyInstance } from 'fastify';
import { receipts } from './receipts';

const MAX_ENTRIES = 3;
const entries = new Map<string, { receipt: string; at: number }[]>();

export async function raffleRoutes(app: FastifyInstance): Promise<void> {
  app.post<{ Body: { email: string; receipt: string } }>('/raffle', async (request, reply) => {
    const { email, receipt } = request.body;
    await receipts.verify(receipt);
    const mine = entries.get(email) ?? [];
    if (mine.length >= MAX_ENTRIES) return reply.code(409).send({ error: 'limit reached' });
    entries.set(email, [...mine, { receipt, at: Date.now() }]);
    return { entries: mine.length + 1 };
  });
}
