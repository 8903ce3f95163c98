// pattern: INCR counts, the first failure sets the expiry
import { createClient } from 'redis';

const client = createClient({ url: process.env.REDIS_URL });
client.on('error', (error) => console.error(error));
void client.connect();

const WINDOW_S = 900;
const LIMIT = 5;

export class LoginAttempts {
  async isLocked(username: string): Promise<boolean> {
    const failures = await client.get(`attempts:${username}`);
    return failures !== null && Number(failures) >= LIMIT;
  }

  async failed(username: string): Promise<number> {
    const key = `attempts:${username}`;
    const failures = await client.incr(key);
    if (failures === 1) await client.expire(key, WINDOW_S);
    return LIMIT - failures;
  }

  async succeeded(username: string): Promise<void> {
    await client.del(`attempts:${username}`);
  }
}
