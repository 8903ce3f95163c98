// pattern: BullMQ worker with concurrency 8: progress loaded, incremented, saved; the last report may never be sent
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
    const campaign = await Campaign.findById(campaignId).orFail();
    campaign.sent += 1;
    await campaign.save(); // RACE: lost-update
    if (campaign.sent === campaign.total) {
      await reports.publish(campaignId);
    }
  },
  { connection: { host: process.env.REDIS_HOST }, concurrency: 8 },
);
