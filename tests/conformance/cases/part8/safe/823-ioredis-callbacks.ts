// pattern: INCR with a callback
import Redis from 'ioredis';

const redis = new Redis(process.env.REDIS_URL as string);

export function countDownload(file: string, done: (error: Error | null, downloads?: number) => void): void {
  redis.incr(`downloads:${file}`, (error, downloads) => {
    done(error ?? null, downloads);
  });
}
