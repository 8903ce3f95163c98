// pattern: the export is claimed with a conditional update before it is rendered
import { Worker } from 'bullmq';
import { AppDataSource } from './data-source';
import { ReportExport } from './report-export.entity';
import { mailer } from './mailer';
import { renderPdf } from './render';

export const worker = new Worker(
  'exports',
  async (job) => {
    const repo = AppDataSource.getRepository(ReportExport);
    const claim = await repo.update({ id: job.data.exportId, status: 'pending' }, { status: 'running' });
    if (claim.affected !== 1) return;
    const entry = await repo.findOneByOrFail({ id: job.data.exportId });
    const pdf = await renderPdf(entry.query);
    await mailer.sendMail({ to: entry.email, subject: 'Your export', attachments: [{ content: pdf }] });
    await repo.update({ id: entry.id }, { status: 'done' });
  },
  { connection: { host: 'localhost' }, concurrency: 4 },
);
