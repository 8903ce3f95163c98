// pattern: fastify route: free spots compared, payment authorised, spot counted afterwards
import Fastify from 'fastify';
import { gateway } from './gateway';

const CAPACITY = 120;
const garages: Record<string, { taken: number; plates: string[] }> = {};

export const app = Fastify({ logger: true });

app.post<{ Params: { id: string }; Body: { plate: string; token: string } }>('/garages/:id/entries', async (request, reply) => {
  const garage = (garages[request.params.id] ??= { taken: 0, plates: [] });
  if (garage.taken >= CAPACITY) {
    return reply.code(409).send({ error: 'full' });
  }
  const hold = await gateway.authorize(request.body.token, 500);
  garage.taken += 1; // RACE: check-then-act
  garage.plates.push(request.body.plate);
  return reply.code(201).send({ hold: hold.id, taken: garage.taken });
});
