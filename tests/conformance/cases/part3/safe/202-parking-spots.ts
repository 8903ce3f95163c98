// pattern: spot counted before the payment, given back when the payment fails
import Fastify from 'fastify';
import { gateway } from './gateway';

const CAPACITY = 120;
const garages: Record<string, { taken: number; plates: Set<string> }> = {};

export const app = Fastify({ logger: true });

app.post<{ Params: { id: string }; Body: { plate: string; token: string } }>('/garages/:id/entries', async (request, reply) => {
  const garage = (garages[request.params.id] ??= { taken: 0, plates: new Set() });
  if (garage.taken >= CAPACITY) {
    return reply.code(409).send({ error: 'full' });
  }
  garage.taken += 1;
  try {
    const hold = await gateway.authorize(request.body.token, 500);
    garage.plates.add(request.body.plate);
    return reply.code(201).send({ hold: hold.id });
  } catch (err) {
    garage.taken -= 1;
    request.log.warn(err);
    return reply.code(402).send({ error: 'payment refused' });
  }
});
