import { Kysely, PostgresDialect, type Generated } from 'kysely';
import { Pool } from 'pg';

interface Database {
  parts: { id: Generated<number>; sku: string; on_hand: number };
}

const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: new Pool() }) });

export async function takeParts(sku: string, quantity: number): Promise<boolean> {
  const part = await db.selectFrom('parts').select(['id', 'on_hand']).where('sku', '=', sku).executeTakeFirst();
  if (!part || part.on_hand < quantity) return false;
  await db
    .updateTable('parts')
    .set({ on_hand: part.on_hand - quantity }) // RACE: lost-update
    .where('sku', '=', sku)
    .execute();
  return true;
}
