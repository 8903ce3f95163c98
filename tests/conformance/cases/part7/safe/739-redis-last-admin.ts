// pattern: one Lua script counts and removes
import { createClient } from 'redis';

const redis = createClient({ url: process.env.REDIS_URL });

const STEP_DOWN = `
if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 0 then return 1 end
if redis.call('SCARD', KEYS[1]) <= 1 then return 0 end
return redis.call('SREM', KEYS[1], ARGV[1])
`;

export async function stepDown(team: string, user: string): Promise<void> {
  const done = await redis.eval(STEP_DOWN, { keys: [`team:${team}:admins`], arguments: [user] });
  if (!done) throw new Error('a team needs an admin');
}
