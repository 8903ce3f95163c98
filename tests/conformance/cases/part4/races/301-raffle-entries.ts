// pattern: entry limit compared with a Map's array, receipt stored, entry pushed afterwards
import type { FastifyInstance } from 'fastify';
import { receipts } from './receipts';

const MAX_ENTRIES = 3;
const entries = new Map<string, { receipt: string; at: number }[]>();

export async function raffleRoutes(app: FastifyInstance): Promise<void> {
  app.post<{ Body: { email: string; receipt: string } }>('/raffle', async (request, reply) => {
    const { email, receipt } = request.body;
    const mine = entries.get(email) ?? [];
    if (mine.length >= MAX_ENTRIES) return reply.code(409).send({ error: 'limit reached' });
    await receipts.verify(receipt);
    entries.set(email, [...mine, { receipt, at: Date.now() }]); // RACE: check-then-act
    return { entries: mine.length + 1 };
  });
}
