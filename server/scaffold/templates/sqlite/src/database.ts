/** The database: SQLite, which is part of Node. A statement runs while the event loop waits; so does a transaction. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Opens a file and brings its tables up to date; `:memory:` keeps all in memory. */
export function connect(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  db.exec('PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON; PRAGMA journal_mode = WAL');
  transaction(db, () => migrate(db)); // processes that start at once do this one after another
  return db;
}

/** Runs the files of `migrations/` that have not run yet, in the order of their names. */
function migrate(db: DatabaseSync): void {
  db.exec('CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY)');
  const known = new Set(db.prepare('SELECT name FROM migrations').all().map(({ name }) => name));
  const folder = join(import.meta.dirname, '..', 'migrations');
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.sql')).sort()) {
    if (known.has(name)) continue;
    db.prepare('INSERT INTO migrations VALUES (?)').run(name);
    db.exec(readFileSync(join(folder, name), 'utf8'));
  }
}

/** Runs `work`, which must not wait for anything, as a whole or not at all. */
export function transaction<Result>(db: DatabaseSync, work: () => Result): Result {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
}
