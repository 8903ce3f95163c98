import { Queue } from 'bullmq';
import { connection } from './connection';

export interface MailJob {
  messageId: string;
  to: string;
  template: string;
}

export const mailQueue = new Queue<MailJob>('mail', { connection });
