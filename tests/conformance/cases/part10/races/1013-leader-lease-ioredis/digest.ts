import Redis from 'ioredis';
import cron from 'node-cron';
import { acquire } from './lease';
import { sendDigests } from './mailer';

const redis = new Redis(process.env.REDIS_URL!);

async function nightly(): Promise<void> {
  const lease = await acquire(redis, 'digest', 30_000);
  if (!lease) return;
  try {
    await sendDigests(new Date());
  } finally {
    await lease.release();
  }
}

cron.schedule('0 3 * * *', nightly);
