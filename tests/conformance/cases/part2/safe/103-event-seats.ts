// pattern: the row is locked with SELECT ... FOR UPDATE in the same transaction before its value is used
import type { FastifyInstance } from 'fastify';
import { prisma } from './db';

interface BookBody {
  seats: number;
  email: string;
}

export async function bookingRoutes(app: FastifyInstance): Promise<void> {
  app.post<{ Params: { eventId: string }; Body: BookBody }>('/events/:eventId/bookings', async (req, reply) => {
    const { eventId } = req.params;
    const { seats, email } = req.body;

    const booking = await prisma.$transaction(async (tx) => {
      const rows = await tx.$queryRaw`SELECT "seatsLeft" FROM "Event" WHERE id = ${eventId} FOR UPDATE`;
      const [event] = rows as { seatsLeft: number }[];
      if (!event || event.seatsLeft < seats) return null;
      await tx.event.update({
        where: { id: eventId },
        data: { seatsLeft: event.seatsLeft - seats },
      });
      return tx.booking.create({ data: { eventId, seats, email } });
    });

    if (!booking) return reply.code(409).send({ error: 'sold out' });
    return reply.code(201).send(booking);
  });
}
