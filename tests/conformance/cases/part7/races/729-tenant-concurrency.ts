// pattern: Express middleware: running requests of a tenant tested before the awaited key check, counted after it
import type { RequestHandler } from 'express';
import { verifyKey } from './keys';

const running = new Map<string, number>();

export const limitConcurrency =
  (max: number): RequestHandler =>
  async (req, res, next) => {
    const tenant = String(req.headers['x-tenant']);
    if ((running.get(tenant) ?? 0) >= max) {
      res.status(429).end();
      return;
    }
    const valid = await verifyKey(req.headers.authorization);
    if (!valid) {
      res.status(401).end();
      return;
    }
    running.set(tenant, (running.get(tenant) ?? 0) + 1); // RACE: check-then-act
    res.once('close', () => running.set(tenant, (running.get(tenant) ?? 1) - 1));
    next();
  };
