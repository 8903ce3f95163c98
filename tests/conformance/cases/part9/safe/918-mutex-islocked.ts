// pattern: the mutex is taken in the tick in which it was found free
import { Mutex } from 'async-mutex';
import { FastifyInstance } from 'fastify';
import { indexer, settingsOf } from './search';

const building = new Mutex();

export default async function plugin(app: FastifyInstance): Promise<void> {
  app.post<{ Params: { index: string } }>('/indexes/:index/rebuild', async (request, reply) => {
    const settings = await settingsOf(request.params.index);
    if (building.isLocked()) return reply.code(409).send({ error: 'a rebuild is under way' });
    await building.runExclusive(async () => {
      await indexer.createSnapshot(request.params.index, settings);
    });
    return reply.code(202).send({ started: true });
  });
}
