import { Worker, Job } from 'bullmq';
import { readRows } from './csv';

const totals = { imported: 0, failed: 0 };

export const worker = new Worker('import', async (job: Job<{ path: string }>) => {
  let imported = 0;
  for await (const row of readRows(job.data.path)) {
    if (row.valid) imported++;
  }
  totals.imported += imported;
}, { concurrency: 5 });
