// pattern: remaining downloads read with select(), remaining - 1 written with set()
import { eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { Pool } from 'pg';
import { licences } from './schema';
import { signUrl } from './storage';

const db = drizzle(new Pool({ connectionString: process.env.DATABASE_URL }));

export async function downloadUrl(licenceId: string): Promise<string | null> {
  const [licence] = await db.select().from(licences).where(eq(licences.id, licenceId)).limit(1);
  if (!licence || licence.remaining <= 0) {
    return null;
  }
  const url = await signUrl(licence.assetKey, { expiresIn: 300 });
  await db
    .update(licences)
    .set({ remaining: licence.remaining - 1, lastUsedAt: new Date() }) // RACE: lost-update
    .where(eq(licences.id, licenceId));
  return url;
}
