import { eq, count } from 'drizzle-orm';
import { db } from './db';
import { members } from './schema';

const MAX = 10;

export async function join(teamId: string, userId: string) {
  await db.transaction(
    async (tx) => {
      const [{ n }] = await tx.select({ n: count() }).from(members).where(eq(members.teamId, teamId));
      if (n >= MAX) throw new Error('team is full');
      await tx.insert(members).values({ teamId, userId });
    },
    { isolationLevel: 'serializable' },
  );
}
