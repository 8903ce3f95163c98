// pattern: two members leave a set that must keep one: each counts two and removes itself
import { createClient } from 'redis';

const redis = createClient({ url: process.env.REDIS_URL });

export async function stepDown(team: string, user: string): Promise<void> {
  const key = `team:${team}:admins`;
  if (!(await redis.sIsMember(key, user))) return;
  const admins = await redis.sCard(key);
  if (admins <= 1) throw new Error('a team needs an admin');
  await redis.sRem(key, user); // RACE: write-skew
}
