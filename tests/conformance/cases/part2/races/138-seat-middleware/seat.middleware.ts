import type { NextFunction, Request, Response } from 'express';

export function requireFreeSeat(_req: Request, res: Response, next: NextFunction): void {
  const { tenant } = res.locals;
  if (tenant.seatsUsed >= tenant.seats) {
    res.status(402).json({ error: 'no free seat' });
    return;
  }
  next();
}
