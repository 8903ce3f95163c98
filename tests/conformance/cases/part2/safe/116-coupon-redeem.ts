// pattern: limit and increment in one UPDATE, number of updated rows checked
import { Request, Response, Router } from 'express';
import createKnex from 'knex';
import knexfile from '../knexfile';

const knex = createKnex(knexfile);
const coupons = Router();

coupons.post('/coupons/:code/redeem', async (req: Request, res: Response) => {
  const { code } = req.params;
  const coupon = await knex('coupons').select('discount').where({ code }).first();
  if (!coupon) {
    return res.status(404).json({ message: 'no such coupon' });
  }
  const updated = await knex('coupons')
    .where({ code })
    .andWhere('times_used', '<', knex.ref('max_uses'))
    .increment('times_used', 1);
  if (updated === 0) {
    return res.status(410).json({ message: 'coupon is used up' });
  }
  await knex('redemptions').insert({ code, user_id: res.locals.userId });
  return res.json({ discount: coupon.discount });
});

export default coupons;
