// pattern: key first; tested and counted in one tick
import type { RequestHandler } from 'express';
import { verifyKey } from './keys';

const running = new Map<string, number>();

export const limitConcurrency =
  (max: number): RequestHandler =>
  async (req, res, next) => {
    const tenant = String(req.headers['x-tenant']);
    const valid = await verifyKey(req.headers.authorization);
    if (!valid) {
      res.status(401).end();
      return;
    }
    const now = running.get(tenant) ?? 0;
    if (now >= max) {
      res.status(429).end();
      return;
    }
    running.set(tenant, now + 1);
    res.once('close', () => running.set(tenant, (running.get(tenant) ?? 1) - 1));
    next();
  };
