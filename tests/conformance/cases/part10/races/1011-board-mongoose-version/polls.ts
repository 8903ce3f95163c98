// pattern: Fastify and Mongoose: a number of the document is recomputed and saved; the version key only guards arrays
import type { FastifyInstance } from 'fastify';
import { Poll } from './poll.model';

export async function polls(app: FastifyInstance): Promise<void> {
  app.post('/polls/:id/answers', async (request, reply) => {
    const { id } = request.params as { id: string };
    const { score } = request.body as { score: number };

    const poll = await Poll.findById(id).exec();
    if (!poll) return reply.callNotFound();
    if (poll.closed) return reply.code(409).send({ error: 'closed' });

    poll.answers += 1;
    poll.scoreSum += score;
    poll.average = poll.scoreSum / poll.answers;
    await poll.save(); // RACE: lost-update
    return { average: poll.average };
  });
}
