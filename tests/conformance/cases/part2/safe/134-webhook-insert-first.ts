// pattern: the event id is inserted first, in the transaction that credits; P2002 means seen before
import { Hono } from 'hono';
import { Prisma } from '@prisma/client';
import { prisma } from './prisma';
import { verifySignature } from './signature';

interface TopUpEvent {
  id: string;
  type: 'topup.succeeded' | 'topup.failed';
  userId: string;
  credits: number;
}

const webhooks = new Hono();

webhooks.post('/webhooks/topup', async (c) => {
  const event = await verifySignature<TopUpEvent>(c.req.raw);
  try {
    await prisma.$transaction(async (tx) => {
      await tx.processedEvent.create({ data: { eventId: event.id } });
      if (event.type !== 'topup.succeeded') return;
      await tx.user.update({ where: { id: event.userId }, data: { credits: { increment: event.credits } } });
    });
  } catch (err) {
    if (err instanceof Prisma.PrismaClientKnownRequestError && err.code === 'P2002') return c.text('duplicate');
    throw err;
  }
  return c.text('ok');
});

export default webhooks;
