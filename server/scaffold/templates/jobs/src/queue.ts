/** The queue: a table. A job is one worker's while its attempt is the last and its time has not run out. */

import type { Database } from './database.ts';

export interface Job {
  readonly id: number;
  readonly kind: string;
  readonly payload: unknown;
  readonly state: 'queued' | 'running' | 'done' | 'failed';
  readonly attempts: number;
  readonly error: string | null;
}

export const ATTEMPTS_MAX = 5;
const COLUMNS = 'id, kind, payload, state, attempts, error';

export class Queue {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Adds a job, or finds the one with the same key. */
  async add(key: string, kind: string, payload: unknown): Promise<Job | undefined> {
    const [job] = await this.#db.query<Job>(
      `INSERT INTO jobs (key, kind, payload) VALUES ($1, $2, $3)
       ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING ${COLUMNS}`,
      [key, kind, JSON.stringify(payload)],
    );
    return job;
  }

  async find(id: number): Promise<Job | undefined> {
    const [job] = await this.#db.query<Job>(`SELECT ${COLUMNS} FROM jobs WHERE id = $1`, [id]);
    return job;
  }

  /** The next job that is due, for a minute. Other workers skip it. */
  async take(): Promise<Job | undefined> {
    const [job] = await this.#db.query<Job>(
      `UPDATE jobs SET state = 'running', attempts = attempts + 1, due = now() + interval '1 minute'
       WHERE id = (SELECT id FROM jobs WHERE state IN ('queued', 'running') AND due <= now()
                   ORDER BY due LIMIT 1 FOR UPDATE SKIP LOCKED)
       RETURNING ${COLUMNS}`,
    );
    return job;
  }

  /** Says that an attempt has done it; false when another attempt has begun since. */
  async done({ id, attempts }: Job): Promise<boolean> {
    const ended = await this.#db.query(
      `UPDATE jobs SET state = 'done', error = NULL
       WHERE id = $1 AND attempts = $2 AND state = 'running' RETURNING id`,
      [id, attempts],
    );
    return ended.length > 0;
  }

  /** Says that an attempt failed: it is tried again, later each time, until there were too many. */
  async failed({ id, attempts }: Job, error: string): Promise<boolean> {
    const ended = await this.#db.query(
      `UPDATE jobs SET state = $3, error = $4, due = now() + interval '1 second' * power(2, attempts)
       WHERE id = $1 AND attempts = $2 AND state = 'running' RETURNING id`,
      [id, attempts, attempts < ATTEMPTS_MAX ? 'queued' : 'failed', error],
    );
    return ended.length > 0;
  }
}
