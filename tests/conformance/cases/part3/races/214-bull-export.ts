// pattern: BullMQ worker: export looked up as pending, rendered, marked done; a redelivered job renders and mails twice
import { Worker } from 'bullmq';
import { AppDataSource } from './data-source';
import { ReportExport } from './report-export.entity';
import { mailer } from './mailer';
import { renderPdf } from './render';

export const worker = new Worker(
  'exports',
  async (job) => {
    const repo = AppDataSource.getRepository(ReportExport);
    const entry = await repo.findOneByOrFail({ id: job.data.exportId });
    if (entry.status === 'done') return;
    const pdf = await renderPdf(entry.query);
    await mailer.sendMail({ to: entry.email, subject: 'Your export', attachments: [{ content: pdf }] }); // RACE: check-then-act
    await repo.update({ id: entry.id }, { status: 'done' });
  },
  { connection: { host: 'localhost' }, concurrency: 4 },
);
