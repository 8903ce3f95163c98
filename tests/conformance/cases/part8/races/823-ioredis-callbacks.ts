// pattern: ioredis with callbacks: downloads read, set to the value plus one
import Redis from 'ioredis';

const redis = new Redis(process.env.REDIS_URL as string);

export function countDownload(file: string, done: (error: Error | null, downloads?: number) => void): void {
  redis.get(`downloads:${file}`, (error, value) => {
    if (error) return done(error);
    const downloads = Number(value ?? 0) + 1;
    redis.set(`downloads:${file}`, downloads, (failed) => { // RACE: lost-update
      done(failed ?? null, downloads);
    });
  });
}
