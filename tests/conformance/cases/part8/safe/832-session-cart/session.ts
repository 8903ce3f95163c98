import type { NextFunction, Request, Response } from 'express';
import { createClient } from 'redis';

export const redis = createClient();

export interface Session {
  id: string;
  cart: { sku: string; quantity: number }[];
}

export async function loadSession(req: Request, res: Response, next: NextFunction): Promise<void> {
  const id = String(req.cookies.sid);
  const stored = await redis.get(`session:${id}`);
  res.locals.session = stored ? (JSON.parse(stored) as Session) : { id, cart: [] };
  next();
}

export async function saveSession(session: Session): Promise<void> {
  await redis.expire(`session:${session.id}`, 3600);
}

export async function addToCart(id: string, sku: string, quantity: number): Promise<void> {
  await redis.hIncrBy(`cart:${id}`, sku, quantity);
}
