// pattern: a rebuild is skipped when the mutex is locked, but the configuration is awaited before it is taken
import { Mutex } from 'async-mutex';
import { FastifyInstance } from 'fastify';
import { indexer, settingsOf } from './search';

const building = new Mutex();

export default async function plugin(app: FastifyInstance): Promise<void> {
  app.post<{ Params: { index: string } }>('/indexes/:index/rebuild', async (request, reply) => {
    if (building.isLocked()) return reply.code(409).send({ error: 'a rebuild is under way' });
    const settings = await settingsOf(request.params.index);
    await building.runExclusive(async () => {
      await indexer.createSnapshot(request.params.index, settings); // RACE: check-then-act
    });
    return reply.code(202).send({ started: true });
  });
}
