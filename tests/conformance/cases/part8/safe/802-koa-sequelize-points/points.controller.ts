import type { Context } from 'koa';
import { Op } from 'sequelize';
import { Member } from './member.model';

export class PointsController {
  redeem = async (ctx: Context): Promise<void> => {
    const { memberId } = ctx.params as { memberId: string };
    const { cost } = ctx.request.body as { cost: number };
    const [changed] = await Member.decrementPoints(memberId, cost);
    if (changed === 0) {
      ctx.throw(402, 'not enough points');
    }
    ctx.status = 204;
  };
}
