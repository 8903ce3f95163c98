// pattern: node-redis isolated connection: WATCH after the value was read
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
        const profile = JSON.parse((await isolated.get(key)) ?? '{"badges":[]}') as Profile;
        await isolated.watch(key);
        profile.badges.push(badge);
        await isolated.multi().set(key, JSON.stringify(profile)).exec(); // RACE: lost-update
      });
      return;
    } catch (error) {
      if (!(error instanceof WatchError)) throw error;
    }
  }
  throw new Error('too much contention');
}
