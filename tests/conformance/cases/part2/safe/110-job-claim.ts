// pattern: the job is claimed in one UPDATE ... FOR UPDATE SKIP LOCKED ... RETURNING
import { Pool } from 'pg';
import { handlers } from './handlers';

interface JobRow {
  id: string;
  type: string;
  payload: unknown;
}

export class JobWorker {
  constructor(private readonly pool: Pool, private readonly workerId: string) {}

  async claim(): Promise<JobRow | undefined> {
    const { rows } = await this.pool.query<JobRow>(
      `UPDATE jobs SET status = 'running', worker = $1
        WHERE id = (SELECT id FROM jobs WHERE status = 'pending'
                     ORDER BY run_at LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING id, type, payload`,
      [this.workerId],
    );
    return rows[0];
  }

  async tick(): Promise<void> {
    const job = await this.claim();
    if (!job) return;
    await handlers[job.type]!(job.payload);
    await this.pool.query(`UPDATE jobs SET status = 'done' WHERE id = $1`, [job.id]);
  }
}
