import { eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { Pool } from 'pg';
import { tags } from './schema';

const db = drizzle(new Pool());

export async function ensureTag(slug: string): Promise<number> {
  await db.insert(tags).values({ slug }).onConflictDoNothing();
  const [known] = await db.select({ id: tags.id }).from(tags).where(eq(tags.slug, slug)).limit(1);
  return known.id;
}
