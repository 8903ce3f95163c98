import { Kysely } from 'kysely';

interface Database { jobs: { id: number; status: 'queued' | 'running' | 'done'; payload: string; worker: string | null } }

export class Worker {
  constructor(private readonly db: Kysely<Database>, private readonly name: string, private readonly handle: (payload: string) => Promise<void>) {}

  async tick(): Promise<boolean> {
    const job = await this.db.selectFrom('jobs').selectAll().where('status', '=', 'queued').orderBy('id').limit(1).executeTakeFirst();
    if (!job) return false;
    const claimed = await this.db
      .updateTable('jobs')
      .set({ status: 'running', worker: this.name })
      .where('id', '=', job.id)
      .where('status', '=', 'queued')
      .executeTakeFirst();
    if (claimed.numUpdatedRows === 0n) return false;
    await this.handle(job.payload);
    await this.db.updateTable('jobs').set({ status: 'done' }).where('id', '=', job.id).execute();
    return true;
  }
}
