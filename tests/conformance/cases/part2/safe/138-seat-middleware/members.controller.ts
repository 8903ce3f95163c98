import type { NextFunction, Request, Response } from 'express';
import { Member } from './models';

export async function inviteMember(req: Request, res: Response, next: NextFunction): Promise<void> {
  try {
    const { tenant } = res.locals;
    const member = await Member.create({ tenantId: tenant._id, email: req.body.email });
    res.status(201).json({ id: member.id, tenant: tenant.name });
  } catch (error) {
    next(error);
  }
}
