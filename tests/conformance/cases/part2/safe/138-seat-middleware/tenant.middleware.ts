import type { NextFunction, Request, Response } from 'express';
import { Tenant } from './models';

export async function loadTenant(req: Request, res: Response, next: NextFunction): Promise<void> {
  const tenant = await Tenant.findById(req.params.tenantId).lean();
  if (!tenant) {
    res.sendStatus(404);
    return;
  }
  res.locals.tenant = tenant;
  next();
}
