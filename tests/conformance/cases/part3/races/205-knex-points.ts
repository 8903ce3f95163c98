// pattern: knex transaction without forUpdate: points read, compared and written back
import type { Knex } from 'knex';

export class PointsService {
  constructor(private readonly knex: Knex) {}

  async spend(memberId: number, points: number, reason: string): Promise<number> {
    return this.knex.transaction(async (trx) => {
      const member = await trx('members').where({ id: memberId }).first('points');
      if (!member) throw new Error(`member ${memberId} not found`);
      if (member.points < points) throw new Error('not enough points');
      const rest = member.points - points;
      await trx('members').where({ id: memberId }).update({ points: rest }); // RACE: lost-update
      await trx('points_log').insert({ member_id: memberId, delta: -points, reason });
      return rest;
    });
  }
}
