/** Names in the database, contents in a folder, each under its hash. */

import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';

export interface Stored {
  readonly name: string;
  readonly hash: string;
  readonly type: string;
  readonly bytes: number;
}

export class Files {
  readonly #db: DatabaseSync;
  readonly #folder: string;

  constructor(db: DatabaseSync, folder: string) {
    this.#db = db;
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  list(): Stored[] {
    return this.#db.prepare('SELECT * FROM files ORDER BY name').all() as unknown as Stored[];
  }

  find(name: string): Stored | undefined {
    return this.#db.prepare('SELECT * FROM files WHERE name = ?').get(name) as Stored | undefined;
  }

  content({ hash }: Stored): Promise<Buffer> {
    return readFile(join(this.#folder, hash));
  }

  /** The content is in its place before a name points to it. */
  async put(name: string, type: string, content: Uint8Array): Promise<Stored> {
    const hash = createHash('sha256').update(content).digest('hex');
    const temporary = join(this.#folder, `${randomUUID()}.part`);
    await writeFile(temporary, content);
    await rename(temporary, join(this.#folder, hash));
    this.#db
      .prepare(
        `INSERT INTO files (name, hash, type, bytes) VALUES (?, ?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET hash = excluded.hash, type = excluded.type, bytes = excluded.bytes`,
      )
      .run(name, hash, type, content.length);
    return { name, hash, type, bytes: content.length };
  }

  /** The name is gone; the content stays, since other names may point to it. */
  remove(name: string): boolean {
    return this.#db.prepare('DELETE FROM files WHERE name = ?').run(name).changes > 0;
  }
}
