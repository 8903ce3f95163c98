// pattern: WATCH before it, retried when EXEC is refused
import { createClient, WatchError } from 'redis';

const client = createClient();

interface Profile {
  badges: string[];
}

export async function addBadge(userId: string, badge: string): Promise<void> {
  const key = `profile:${userId}`;
  for (let attempt = 0; attempt < 5; attempt += 1) {
    try {
      await client.executeIsolated(async (isolated) => {
        await isolated.watch(key);
        const profile = JSON.parse((await isolated.get(key)) ?? '{"badges":[]}') as Profile;
        profile.badges.push(badge);
        await isolated.multi().set(key, JSON.stringify(profile)).exec();
      });
      return;
    } catch (error) {
      if (!(error instanceof WatchError)) throw error;
    }
  }
  throw new Error('too much contention');
}
