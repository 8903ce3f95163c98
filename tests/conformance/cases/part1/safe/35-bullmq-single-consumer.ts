// pattern: the only code that touches the counter is a worker with concurrency 1
import { UnrecoverableError, Worker, type Job } from 'bullmq';
import { connection } from './redis';
import { ses } from './ses';

interface Newsletter {
  to: string;
  html: string;
}

const DAILY_LIMIT = Number(process.env.DAILY_LIMIT ?? 500);
let sentToday = 0;

const worker = new Worker<Newsletter>(
  'newsletter',
  async (job: Job<Newsletter>) => {
    if (sentToday >= DAILY_LIMIT) {
      throw new UnrecoverableError('daily limit reached');
    }
    const messageId = await ses.sendEmail(job.data.to, job.data.html);
    sentToday += 1;
    return { messageId };
  },
  { connection, concurrency: 1 },
);

worker.on('failed', (job, err) => console.warn('newsletter failed', job?.id, err.message));
