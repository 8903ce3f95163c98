import { eq, count } from 'drizzle-orm';
import { db } from './db';
import { members } from './schema';

const MAX = 10;

export async function join(teamId: string, userId: string) {
  const [{ n }] = await db.select({ n: count() }).from(members).where(eq(members.teamId, teamId));
  if (n >= MAX) throw new Error('team is full');
  await db.insert(members).values({ teamId, userId }); // RACE: check-then-act
}
