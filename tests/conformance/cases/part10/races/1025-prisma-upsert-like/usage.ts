// pattern: Fastify and Prisma: upsert by a compound key, but the total it writes was added up in JavaScript before
import Fastify from 'fastify';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();
export const app = Fastify();

app.post<{ Params: { tenantId: string }; Body: { bytes: number; day: string } }>(
  '/tenants/:tenantId/usage',
  async (request) => {
    const { tenantId } = request.params;
    const { bytes, day } = request.body;
    const usage = await prisma.dailyUsage.findUnique({ where: { tenantId_day: { tenantId, day } } });
    const total = Number(usage?.bytes ?? 0) + bytes;
    await prisma.dailyUsage.upsert({ // RACE: lost-update
      where: { tenantId_day: { tenantId, day } },
      create: { tenantId, day, bytes: total },
      update: { bytes: total },
    });
    return { total };
  },
);
