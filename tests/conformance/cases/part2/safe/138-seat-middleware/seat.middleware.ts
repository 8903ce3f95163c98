import type { NextFunction, Request, Response } from 'express';
import { Tenant } from './models';

export async function takeSeat(_req: Request, res: Response, next: NextFunction): Promise<void> {
  const { tenant } = res.locals;
  const { modifiedCount } = await Tenant.updateOne(
    { _id: tenant._id, $expr: { $lt: ['$seatsUsed', '$seats'] } },
    { $inc: { seatsUsed: 1 } },
  );
  if (modifiedCount === 0) {
    res.status(402).json({ error: 'no free seat' });
    return;
  }
  next();
}
