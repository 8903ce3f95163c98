// pattern: decrement() with the condition in where; the number of rows decides
import type { Knex } from 'knex';

export class PointsService {
  constructor(private readonly knex: Knex) {}

  async spend(memberId: number, points: number, reason: string): Promise<void> {
    await this.knex.transaction(async (trx) => {
      const changed = await trx('members').where({ id: memberId }).andWhere('points', '>=', points).decrement('points', points);
      if (changed === 0) throw new Error('not enough points');
      await trx('points_log').insert({ member_id: memberId, delta: -points, reason });
    });
  }
}
