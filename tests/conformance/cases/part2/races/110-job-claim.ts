// pattern: worker selects a pending job, then marks it running by id only: two workers run the same job
import { Pool } from 'pg';
import { handlers } from './handlers';

interface JobRow {
  id: string;
  type: string;
  payload: unknown;
}

export class JobWorker {
  private stopped = false;

  constructor(private readonly pool: Pool, private readonly workerId: string) {}

  async claim(): Promise<JobRow | undefined> {
    const { rows } = await this.pool.query<JobRow>(
      `SELECT id, type, payload FROM jobs WHERE status = 'pending' ORDER BY run_at LIMIT 1`,
    );
    const job = rows[0];
    if (!job) return undefined;
    await this.pool.query(`UPDATE jobs SET status = 'running', worker = $2 WHERE id = $1`, [job.id, this.workerId]); // RACE: check-then-act
    return job;
  }

  async tick(): Promise<void> {
    const job = await this.claim();
    if (!job || this.stopped) return;
    await handlers[job.type]!(job.payload);
    await this.pool.query(`UPDATE jobs SET status = 'done' WHERE id = $1`, [job.id]);
  }

  stop(): void {
    this.stopped = true;
  }
}
