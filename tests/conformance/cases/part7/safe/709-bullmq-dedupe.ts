// pattern: SADD's answer is the claim; taken back when the mail fails
import { Worker, type Job } from 'bullmq';
import IORedis from 'ioredis';
import { mailer } from './mailer';

const connection = new IORedis({ maxRetriesPerRequest: null });

interface Welcome {
  userId: string;
  address: string;
}

export const welcomeWorker = new Worker<Welcome>(
  'welcome',
  async (job: Job<Welcome>) => {
    const { userId, address } = job.data;
    const added = await connection.sadd('welcomed', userId);
    if (added === 0) return { skipped: true };
    try {
      await mailer.sendMail({ to: address, template: 'welcome' });
    } catch (error) {
      await connection.srem('welcomed', userId);
      throw error;
    }
    return { skipped: false };
  },
  { connection, concurrency: 10 },
);
