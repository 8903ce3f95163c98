// pattern: ten jobs at once compare the counter of the day before any of them has counted its mail
import { UnrecoverableError, Worker, type Job } from 'bullmq';
import { connection } from './redis';
import { ses } from './ses';

interface Newsletter {
  to: string;
  html: string;
}

const DAILY_LIMIT = Number(process.env.DAILY_LIMIT ?? 500);
let sentToday = 0;

export const newsletterWorker = new Worker<Newsletter>(
  'newsletter',
  async (job: Job<Newsletter>) => {
    if (sentToday >= DAILY_LIMIT) {
      throw new UnrecoverableError('daily limit reached');
    }
    const messageId = await ses.sendEmail(job.data.to, job.data.html);
    sentToday += 1; // RACE: check-then-act
    return { messageId };
  },
  { connection, concurrency: 10 },
);
