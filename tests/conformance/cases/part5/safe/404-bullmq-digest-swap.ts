import { Worker, type Job } from 'bullmq';
import { mailer } from './mailer';

interface Notice {
  userId: string;
  text: string;
}

let pending: Notice[] = [];

async function flush(): Promise<void> {
  if (pending.length === 0) return;
  const batch = pending;
  pending = [];
  try {
    await mailer.sendDigest(batch);
  } catch (error) {
    pending.unshift(...batch);
    throw error;
  }
}

export const worker = new Worker(
  'notices',
  async (job: Job<Notice>) => {
    pending.push(job.data);
    if (pending.length >= 20) await flush();
  },
  { connection: { host: 'redis' }, concurrency: 8 },
);
