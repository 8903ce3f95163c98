import type { NextFunction, Request, Response } from 'express';
import { redis } from '../cache/redis.js';

export interface Limit {
  max: number;
  windowSeconds: number;
}

export function rateLimit({ max, windowSeconds }: Limit) {
  return async (req: Request, res: Response, next: NextFunction): Promise<void> => {
    const window = Math.floor(Date.now() / 1000 / windowSeconds);
    const key = `rate:${req.ip}:${window}`;
    const count = await redis.incr(key);
    if (count === 1) {
      await redis.expire(key, windowSeconds);
    }
    if (count > max) {
      res.status(429).json({ error: 'too many requests' });
      return;
    }
    next();
  };
}

export function loginThrottle({ max, windowSeconds }: Limit) {
  return async (req: Request, res: Response, next: NextFunction): Promise<void> => {
    const key = `login:${String(req.body?.email).toLowerCase()}`;
    const attempts = Number((await redis.get(key)) ?? 0);
    if (attempts >= max) {
      res.set('Retry-After', String(windowSeconds));
      res.status(429).json({ error: 'too many attempts to log in' });
      return;
    }
    await redis.set(key, attempts + 1, 'EX', windowSeconds);
    next();
  };
}
