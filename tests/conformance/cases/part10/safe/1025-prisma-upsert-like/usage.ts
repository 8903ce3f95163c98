// pattern: upsert with increment
import Fastify from 'fastify';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
export const app = Fastify();

app.post<{ Params: { tenantId: string }; Body: { bytes: number; day: string } }>(
  '/tenants/:tenantId/usage',
  async (request) => {
    const { tenantId } = request.params;
    const { bytes, day } = request.body;
    const usage = await prisma.dailyUsage.upsert({
      where: { tenantId_day: { tenantId, day } },
      create: { tenantId, day, bytes },
      update: { bytes: { increment: bytes } },
    });
    return { total: Number(usage.bytes) };
  },
);
