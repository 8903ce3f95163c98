// pattern: node-redis: failed log-ins are kept as JSON, read, raised and set
import { createClient } from 'redis';

const client = createClient({ url: process.env.REDIS_URL });
client.on('error', (error) => console.error(error));
void client.connect();

interface Attempts {
  failures: number;
  firstAt: number;
}

const WINDOW_S = 900;
const LIMIT = 5;

export class LoginAttempts {
  async isLocked(username: string): Promise<boolean> {
    const raw = await client.get(`attempts:${username}`);
    return raw !== null && (JSON.parse(raw) as Attempts).failures >= LIMIT;
  }

  async failed(username: string): Promise<number> {
    const key = `attempts:${username}`;
    const raw = await client.get(key);
    const attempts: Attempts = raw ? JSON.parse(raw) : { failures: 0, firstAt: Date.now() };
    attempts.failures++;
    await client.setEx(key, WINDOW_S, JSON.stringify(attempts)); // RACE: lost-update
    return LIMIT - attempts.failures;
  }

  async succeeded(username: string): Promise<void> {
    await client.del(`attempts:${username}`);
  }
}
