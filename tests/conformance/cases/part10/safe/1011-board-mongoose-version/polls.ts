// pattern: optimisticConcurrency with another try on VersionError
import type { FastifyInstance } from 'fastify';
import mongoose from 'mongoose';
import { Poll } from './poll.model';

export async function polls(app: FastifyInstance): Promise<void> {
  app.post('/polls/:id/answers', async (request, reply) => {
    const { id } = request.params as { id: string };
    const { score } = request.body as { score: number };

    for (let attempt = 0; attempt < 5; attempt += 1) {
      const poll = await Poll.findById(id).exec();
      if (!poll) return reply.callNotFound();
      if (poll.closed) return reply.code(409).send({ error: 'closed' });

      poll.answers += 1;
      poll.scoreSum += score;
      poll.average = poll.scoreSum / poll.answers;
      try {
        await poll.save();
        return { average: poll.average };
      } catch (error) {
        if (!(error instanceof mongoose.Error.VersionError)) throw error;
      }
    }
    return reply.code(503).send({ error: 'busy' });
  });
}
