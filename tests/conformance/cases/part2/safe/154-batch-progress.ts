// pattern: $inc with new: true; exactly one job sees sent === total
import { Worker } from 'bullmq';
import { Campaign } from './campaign.model';
import { mailer } from './mailer';
import { reports } from './reports';

interface MailJob {
  campaignId: string;
  recipient: string;
}

export const worker = new Worker<MailJob>(
  'campaign-mail',
  async (job) => {
    const { campaignId, recipient } = job.data;
    await mailer.send(recipient, campaignId);
    const campaign = await Campaign.findByIdAndUpdate(campaignId, { $inc: { sent: 1 } }, { new: true }).orFail();
    if (campaign.sent === campaign.total) {
      await reports.publish(campaignId);
    }
  },
  { connection: { host: process.env.REDIS_HOST }, concurrency: 8 },
);
