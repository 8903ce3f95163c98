/** The database: PostgreSQL where `DATABASE_URL` names one, else PostgreSQL within this process (PGlite). */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Pool } from 'pg';

export interface Queries {
  /** The rows of one statement; values are `$1`, `$2`, and so on. */
  query<Row = unknown>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Several statements, without values. */
  execute(text: string): Promise<void>;
}
export interface Database extends Queries, AsyncDisposable {
  /** Runs `work` in a transaction, which is rolled back when it throws. Within it, ask `tx` and nothing else. */
  transaction<Result>(work: (tx: Queries) => Promise<Result>): Promise<Result>;
}

class Postgres implements Database {
  readonly #pool: Pool;

  constructor(url: string) {
    this.#pool = new Pool({ connectionString: url });
    this.#pool.on('error', (error) => console.error(error)); // of an idle connection; the pool makes another
  }

  async query<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const { rows } = await this.#pool.query(text, [...values]);
    return rows;
  }

  async transaction<Result>(work: (tx: Queries) => Promise<Result>): Promise<Result> {
    const client = await this.#pool.connect();
    const query = async <Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> => {
      const { rows } = await client.query(text, [...values]);
      return rows;
    };
    const execute = async (text: string) => {
      await client.query(text);
    };
    try {
      await client.query('BEGIN');
      const result = await work({ query, execute });
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  }

  async execute(text: string): Promise<void> {
    await this.#pool.query(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.end();
  }
}

/** PostgreSQL within this process; it keeps its data in a folder, or in memory, where `start` may be what it dumped. */
export async function embedded(folder: string, start?: Blob): Promise<Database> {
  const { PGlite } = await import('@electric-sql/pglite');
  const pg = await PGlite.create(folder, start ? { loadDataDir: start } : {});
  return {
    query: async <Row>(text: string, values: readonly unknown[] = []) =>
      (await pg.query<Row>(text, [...values])).rows,
    transaction: (work) =>
      pg.transaction((tx) =>
        work({
          query: async <Row>(text: string, values: readonly unknown[] = []) =>
            (await tx.query<Row>(text, [...values])).rows,
          execute: async (text) => {
            await tx.exec(text);
          },
        }),
      ),
    execute: async (text) => {
      await pg.exec(text);
    },
    [Symbol.asyncDispose]: () => pg.close(),
  };
}

/** Opens the database and brings its tables up to date. */
export async function connect(url = process.env.DATABASE_URL): Promise<Database> {
  return migrated(url ? new Postgres(url) : await embedded('.data'));
}

/** Runs the files of `migrations/` that have not run yet, in the order of their names: all of them, or none. */
export async function migrated(db: Database): Promise<Database> {
  const folder = join(import.meta.dirname, '..', 'migrations');
  await db.transaction(async (tx) => {
    // Processes that start at once do this one after another. The number is that of these migrations, no more.
    await tx.execute('SELECT pg_advisory_xact_lock(4096); CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY)');
    const known = new Set((await tx.query<{ name: string }>('SELECT name FROM migrations')).map(({ name }) => name));
    for (const name of (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort()) {
      if (known.has(name)) continue;
      await tx.execute(await readFile(join(folder, name), 'utf8'));
      await tx.query('INSERT INTO migrations VALUES ($1)', [name]);
    }
  });
  return db;
}

/** Which rule of the database an error says was broken. */
export function violated(error: unknown): 'unique' | 'reference' | 'value' | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === '23505') return 'unique';
  if (code === '23503') return 'reference';
  return code.startsWith('22') || code === '23514' ? 'value' : undefined;
}
