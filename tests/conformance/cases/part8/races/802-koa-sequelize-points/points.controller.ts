import type { Context } from 'koa';
import { Op } from 'sequelize';
import { Member } from './member.model';

export class PointsController {
  redeem = async (ctx: Context): Promise<void> => {
    const { memberId } = ctx.params as { memberId: string };
    const { cost } = ctx.request.body as { cost: number };
    const member = await Member.findByPk(memberId, { rejectOnEmpty: true });
    if (member.points < cost) {
      ctx.throw(402, 'not enough points');
    }
    member.points -= cost;
    await member.save(); // RACE: lost-update
    ctx.status = 204;
  };
}
