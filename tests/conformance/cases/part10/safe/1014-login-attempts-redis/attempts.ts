// pattern: INCR counts, the first failure sets the expiry
import { createClient } from 'redis';

const client = createClient({ url: process.env.REDIS_URL });
client.on('error', (error) => console.error(error));
void client.connect();

const WINDOW_S = 900;
const LIMIT = 5;

export class LoginAttempts {
  /** Counts an attempt; how many are left, less than none when it is one too many. */
  async begin(username: string): Promise<number> {
    const key = `attempts:${username}`;
    const attempts = await client.incr(key);
    if (attempts === 1) await client.expire(key, WINDOW_S);
    return LIMIT - attempts;
  }
}
