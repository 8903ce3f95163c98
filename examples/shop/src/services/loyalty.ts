import { ConflictError } from '../middleware/errors.js';
import type { AccountRepository } from '../repositories/accounts.js';

const CENTS_PER_POINT = 100;

export class LoyaltyService {
  constructor(private readonly accounts: AccountRepository) {}

  async award(userId: string, spentCents: number): Promise<number> {
    const earned = Math.floor(spentCents / CENTS_PER_POINT);
    const points = await this.accounts.points(userId);
    const total = points + earned;
    await this.accounts.setPoints(userId, total);
    return total;
  }

  async spend(userId: string, points: number): Promise<void> {
    const spent = await this.accounts.spendPoints(userId, points);
    if (!spent) {
      throw new ConflictError('not enough points');
    }
  }
}
