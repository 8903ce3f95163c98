import { FastifyInstance } from 'fastify';
import { charge } from './payments';

const booked = new Set<string>();

export default async function seats(app: FastifyInstance) {
  app.post<{ Params: { seat: string }; Body: { card: string } }>('/seats/:seat', async (request, reply) => {
    const { seat } = request.params;
    if (booked.has(seat)) return reply.code(409).send({ error: 'taken' });
    booked.add(seat);
    try {
      const receipt = await charge(request.body.card, 2500);
      return { seat, receipt };
    } catch (error) {
      booked.delete(seat);
      throw error;
    }
  });
}
