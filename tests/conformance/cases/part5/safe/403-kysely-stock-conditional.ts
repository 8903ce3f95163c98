import { Kysely, PostgresDialect, sql, type Generated } from 'kysely';
import { Pool } from 'pg';

interface Database {
  parts: { id: Generated<number>; sku: string; on_hand: number };
}

const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: new Pool() }) });

export async function takeParts(sku: string, quantity: number): Promise<boolean> {
  const result = await db
    .updateTable('parts')
    .set({ on_hand: sql`on_hand - ${quantity}` })
    .where('sku', '=', sku)
    .where('on_hand', '>=', quantity)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}
