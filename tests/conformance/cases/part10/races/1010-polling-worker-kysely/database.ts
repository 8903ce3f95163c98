import { Kysely, PostgresDialect, type Generated } from 'kysely';
import { Pool } from 'pg';

export interface ExportJob {
  id: Generated<string>;
  report: string;
  status: 'pending' | 'running' | 'done' | 'failed';
  worker: string | null;
  created_at: Generated<Date>;
}

export interface Database {
  export_jobs: ExportJob;
}

export const db = new Kysely<Database>({
  dialect: new PostgresDialect({ pool: new Pool({ connectionString: process.env.DATABASE_URL }) }),
});
