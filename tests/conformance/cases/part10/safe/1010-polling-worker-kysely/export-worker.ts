import type { Selectable } from 'kysely';
import { db, type ExportJob } from './database';
import { PollingWorker } from './polling-worker';
import { render, upload } from './reports';

type Job = Selectable<ExportJob>;

export class ExportWorker extends PollingWorker<Job> {
  constructor(private readonly name: string) {
    super();
  }

  protected async claim(): Promise<Job | undefined> {
    const job = await db
      .selectFrom('export_jobs')
      .selectAll()
      .where('status', '=', 'pending')
      .orderBy('created_at')
      .limit(1)
      .executeTakeFirst();
    if (!job) return undefined;
    const { numUpdatedRows } = await db
      .updateTable('export_jobs')
      .set({ status: 'running', worker: this.name })
      .where('id', '=', job.id)
      .where('status', '=', 'pending')
      .executeTakeFirst();
    return numUpdatedRows === 1n ? job : undefined;
  }

  protected async handle(job: Job): Promise<void> {
    const file = await render(job.report);
    await upload(`exports/${job.id}.csv`, file);
    await db.updateTable('export_jobs').set({ status: 'done' }).where('id', '=', job.id).execute();
  }
}

for (const name of ['export-1', 'export-2']) {
  void new ExportWorker(name).start();
}
