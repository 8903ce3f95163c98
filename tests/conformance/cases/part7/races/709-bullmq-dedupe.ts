// pattern: BullMQ worker: set membership asked, mail sent, member added afterwards
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
    if ((await connection.sismember('welcomed', userId)) === 1) return { skipped: true };
    await mailer.sendMail({ to: address, template: 'welcome' }); // RACE: check-then-act
    await connection.sadd('welcomed', userId); // RACE: check-then-act
    return { skipped: false };
  },
  { connection, concurrency: 10 },
);
