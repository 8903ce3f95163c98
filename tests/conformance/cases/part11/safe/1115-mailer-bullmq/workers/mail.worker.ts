// pattern: SET NX takes the mark before sending, and gives it back on failure
import { Job, Worker } from 'bullmq';
import nodemailer from 'nodemailer';
import { connection } from '../queues/connection';
import type { MailJob } from '../queues/mail';

const transport = nodemailer.createTransport(process.env.SMTP_URL);
const sentKey = (id: string) => `mail:sent:${id}`;

const handle = async (job: Job<MailJob>) => {
  const { messageId, to, template } = job.data;
  const taken = await connection.set(sentKey(messageId), '1', 'EX', 86_400, 'NX');
  if (taken !== 'OK') {
    return { skipped: true };
  }
  try {
    await transport.sendMail({ to, subject: template, text: template });
  } catch (error) {
    await connection.del(sentKey(messageId));
    throw error;
  }
  return { skipped: false };
};

export const mailWorker = new Worker<MailJob>('mail', handle, { connection, concurrency: 10 });
