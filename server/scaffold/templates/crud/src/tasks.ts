/** Tasks, and every statement that touches their table. */

import type { Database } from './database.ts';

export interface Task {
  readonly id: number;
  readonly title: string;
  readonly done: boolean;
  /** Goes up with every change. */
  readonly version: number;
}
export interface Change {
  readonly title: string;
  readonly done: boolean;
}

const COLUMNS = 'id, title, done, version';

export class Tasks {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** At most `limit` tasks with identifiers above `after`. */
  list(after: number, limit: number): Promise<Task[]> {
    return this.#db.query<Task>(`SELECT ${COLUMNS} FROM tasks WHERE id > $1 ORDER BY id LIMIT $2`, [after, limit]);
  }

  async find(id: number): Promise<Task | undefined> {
    const [task] = await this.#db.query<Task>(`SELECT ${COLUMNS} FROM tasks WHERE id = $1`, [id]);
    return task;
  }

  async add(title: string): Promise<Task | undefined> {
    const [task] = await this.#db.query<Task>(`INSERT INTO tasks (title) VALUES ($1) RETURNING ${COLUMNS}`, [title]);
    return task;
  }

  /** The changed task; nothing when there is none of this version. */
  async change(id: number, version: number, { title, done }: Change): Promise<Task | undefined> {
    const [task] = await this.#db.query<Task>(
      `UPDATE tasks SET title = $3, done = $4, version = version + 1 WHERE id = $1 AND version = $2 RETURNING ${COLUMNS}`,
      [id, version, title, done],
    );
    return task;
  }

  async remove(id: number): Promise<boolean> {
    return (await this.#db.query('DELETE FROM tasks WHERE id = $1 RETURNING id', [id])).length > 0;
  }
}
