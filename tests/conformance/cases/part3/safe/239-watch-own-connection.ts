// pattern: WATCH, GET, MULTI on an own connection; a null reply means another try
import Redis from 'ioredis';

export async function withdraw(account: string, cents: number): Promise<boolean> {
  const redis = new Redis();
  try {
    for (;;) {
      await redis.watch(account);
      const balance = Number(await redis.get(account));
      if (balance < cents) {
        await redis.unwatch();
        return false;
      }
      const reply = await redis.multi().set(account, String(balance - cents)).exec();
      if (reply !== null) return true;
    }
  } finally {
    redis.disconnect();
  }
}
