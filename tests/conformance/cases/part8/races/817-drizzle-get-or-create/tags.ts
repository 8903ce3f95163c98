import { eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { Pool } from 'pg';
import { tags } from './schema';

const db = drizzle(new Pool());

export async function ensureTag(slug: string): Promise<number> {
  const [known] = await db.select({ id: tags.id }).from(tags).where(eq(tags.slug, slug)).limit(1);
  if (known) return known.id;
  const [made] = await db.insert(tags).values({ slug }).returning({ id: tags.id }); // RACE: check-then-act
  return made.id;
}
