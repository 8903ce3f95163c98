// pattern: seats read outside the interactive transaction, decided and written inside it
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
    const event = await prisma.event.findUnique({ where: { id: eventId } });
    if (!event) return reply.code(404).send();

    const booking = await prisma.$transaction(async (tx) => {
      if (event.seatsLeft < seats) return null;
      await tx.event.update({
        where: { id: eventId },
        data: { seatsLeft: event.seatsLeft - seats }, // RACE: lost-update
      });
      return tx.booking.create({ data: { eventId, seats, email } });
    });

    if (!booking) return reply.code(409).send({ error: 'sold out' });
    return reply.code(201).send(booking);
  });
}
