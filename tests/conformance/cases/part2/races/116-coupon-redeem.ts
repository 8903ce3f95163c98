// pattern: the counter is incremented atomically, but the limit was checked against an earlier read
import { Request, Response, Router } from 'express';
import createKnex from 'knex';
import knexfile from '../knexfile';

const knex = createKnex(knexfile);
const coupons = Router();

coupons.post('/coupons/:code/redeem', async (req: Request, res: Response) => {
  const { code } = req.params;
  const coupon = await knex('coupons').where({ code }).first();
  if (!coupon) {
    return res.status(404).json({ message: 'no such coupon' });
  }
  if (coupon.times_used >= coupon.max_uses) {
    return res.status(410).json({ message: 'coupon is used up' });
  }
  await knex('coupons').where({ code }).increment('times_used', 1); // RACE: check-then-act
  await knex('redemptions').insert({ code, user_id: res.locals.userId });
  return res.json({ discount: coupon.discount });
});

export default coupons;
