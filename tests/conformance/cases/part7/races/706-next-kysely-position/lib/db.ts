import { Kysely, PostgresDialect, type Generated } from 'kysely';
import { Pool } from 'pg';

interface Database {
  board: { id: string; name: string };
  card: { id: Generated<number>; board_id: string; title: string; position: number };
}

export const db = new Kysely<Database>({
  dialect: new PostgresDialect({ pool: new Pool({ connectionString: process.env.DATABASE_URL }) }),
});
