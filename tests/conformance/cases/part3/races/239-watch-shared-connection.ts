// pattern: GET before WATCH: the value that is computed with is not covered
import Redis from 'ioredis';

export async function withdraw(account: string, cents: number): Promise<boolean> {
  const redis = new Redis();
  try {
    const balance = Number(await redis.get(account));
    if (balance < cents) return false;
    await redis.watch(account);
    const reply = await redis.multi().set(account, String(balance - cents)).exec(); // RACE: lost-update
    return reply !== null;
  } finally {
    redis.disconnect();
  }
}
