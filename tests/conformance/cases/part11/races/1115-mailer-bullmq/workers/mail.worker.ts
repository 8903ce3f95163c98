// pattern: BullMQ worker with ioredis: EXISTS says whether the message was sent, and the mark is set after sending
import { Job, Worker } from 'bullmq';
import nodemailer from 'nodemailer';
import { connection } from '../queues/connection';
import type { MailJob } from '../queues/mail';

const transport = nodemailer.createTransport(process.env.SMTP_URL);
const sentKey = (id: string) => `mail:sent:${id}`;

const handle = async (job: Job<MailJob>) => {
  const { messageId, to, template } = job.data;
  if (await connection.exists(sentKey(messageId))) {
    return { skipped: true };
  }
  await transport.sendMail({ to, subject: template, text: template }); // RACE: check-then-act
  await connection.set(sentKey(messageId), '1', 'EX', 86_400); // RACE: check-then-act
  return { skipped: false };
};

export const mailWorker = new Worker<MailJob>('mail', handle, { connection, concurrency: 10 });
