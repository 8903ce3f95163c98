// pattern: webhook delivered twice: looked up, credited, recorded last
import { Hono } from 'hono';
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
  const seen = await prisma.processedEvent.findUnique({ where: { eventId: event.id } });
  if (seen) return c.text('duplicate');

  if (event.type === 'topup.succeeded') {
    await prisma.user.update({ where: { id: event.userId }, data: { credits: { increment: event.credits } } }); // RACE: check-then-act
  }
  await prisma.processedEvent.upsert({ // RACE: check-then-act
    where: { eventId: event.id },
    create: { eventId: event.id },
    update: {},
  });
  return c.text('ok');
});

export default webhooks;
