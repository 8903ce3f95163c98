import { pool } from '../db/pool.js';
import { withTransaction } from '../db/tx.js';
import { ConflictError, NotFoundError } from '../middleware/errors.js';
import type { AccountRepository } from '../repositories/accounts.js';
import type { Coupon } from '../types.js';

export class CouponService {
  constructor(private readonly accounts: AccountRepository) {}

  async redeem(userId: string, code: string): Promise<number> {
    const coupon = await this.find(code);
    if (!coupon) {
      throw new NotFoundError('no such coupon');
    }
    if (coupon.redeemedBy !== null) {
      throw new ConflictError('this coupon was used before');
    }
    await withTransaction(async (tx) => {
      await tx.query('UPDATE coupons SET redeemed_by = $2 WHERE code = $1', [code, userId]);
      await this.accounts.credit(tx, userId, coupon.valueCents);
    });
    return coupon.valueCents;
  }

  async issue(code: string, valueCents: number): Promise<void> {
    const { rowCount } = await pool.query(
      'INSERT INTO coupons (code, value_cents) VALUES ($1, $2) ON CONFLICT (code) DO NOTHING',
      [code, valueCents],
    );
    if (rowCount === 0) {
      throw new ConflictError('this code is taken');
    }
  }

  private async find(code: string): Promise<Coupon | undefined> {
    const { rows } = await pool.query<Coupon>(
      'SELECT code, value_cents AS "valueCents", redeemed_by AS "redeemedBy" FROM coupons WHERE code = $1',
      [code],
    );
    return rows[0];
  }
}
