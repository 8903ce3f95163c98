/** A database of a test's own: in memory, or a schema of the PostgreSQL that `TEST_DATABASE_URL` names. */

import { existsSync, openAsBlob } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { connect, type Database, embedded, migrated } from '../src/database.ts';

export async function fresh(): Promise<Database> {
  const url = process.env.TEST_DATABASE_URL;
  return url ? connect(await ownSchema(url)) : migrated(await embedded('memory://', await empty()));
}

async function ownSchema(url: string): Promise<string> {
  const schema = `test_${process.pid}_${Date.now()}`;
  const { Client } = (await import('pg')).default;
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(`CREATE SCHEMA ${schema}`);
  await client.end();
  const own = new URL(url);
  own.searchParams.set('options', `-c search_path=${schema}`);
  return own.href;
}

/** An empty database, which is made once: making it takes seconds, opening it does not. */
async function empty(): Promise<Blob> {
  const file = join(import.meta.dirname, '../node_modules/.cache/empty-database.tar');
  if (!existsSync(file)) {
    const { PGlite } = await import('@electric-sql/pglite');
    const made = await PGlite.create('memory://');
    const dump = await made.dumpDataDir('none');
    await made.close();
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}.${process.pid}`, new Uint8Array(await dump.arrayBuffer()));
    await rename(`${file}.${process.pid}`, file);
  }
  return openAsBlob(file);
}
