// pattern: sql`remaining - 1` with remaining > 0 in WHERE; returning() decides
import { and, eq, gt, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { Pool } from 'pg';
import { licences } from './schema';
import { signUrl } from './storage';

const db = drizzle(new Pool({ connectionString: process.env.DATABASE_URL }));

export async function downloadUrl(licenceId: string): Promise<string | null> {
  const [licence] = await db
    .update(licences)
    .set({ remaining: sql`${licences.remaining} - 1`, lastUsedAt: new Date() })
    .where(and(eq(licences.id, licenceId), gt(licences.remaining, 0)))
    .returning({ assetKey: licences.assetKey });
  if (!licence) {
    return null;
  }
  return signUrl(licence.assetKey, { expiresIn: 300 });
}
