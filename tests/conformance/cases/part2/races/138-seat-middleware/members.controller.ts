import type { NextFunction, Request, Response } from 'express';
import { Member, Tenant } from './models';

export async function inviteMember(req: Request, res: Response, next: NextFunction): Promise<void> {
  try {
    const { tenant } = res.locals;
    const member = await Member.create({ tenantId: tenant._id, email: req.body.email });
    await Tenant.updateOne({ _id: tenant._id }, { $set: { seatsUsed: tenant.seatsUsed + 1 } }); // RACE: lost-update
    res.status(201).json({ id: member.id, seatsLeft: tenant.seats - tenant.seatsUsed - 1 });
  } catch (error) {
    next(error);
  }
}
