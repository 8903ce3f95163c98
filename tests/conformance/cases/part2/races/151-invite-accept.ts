// pattern: single-use invite checked and used up in a READ COMMITTED transaction without a lock or condition
import type { Context } from 'koa';
import { knex } from '../knex';

export async function acceptInvite(ctx: Context): Promise<void> {
  const { token } = ctx.params;
  const userId = ctx.state.user.id;

  const workspaceId = await knex.transaction(async (trx) => {
    const invite = await trx('invites').where({ token }).first();
    if (!invite || invite.used_by) return null;
    await trx('invites').where({ token }).update({ used_by: userId, used_at: trx.fn.now() }); // RACE: check-then-act
    await trx('memberships').insert({ workspace_id: invite.workspace_id, user_id: userId, role: invite.role });
    return invite.workspace_id;
  });

  if (workspaceId === null) {
    ctx.throw(410, 'this invite is no longer valid');
  }
  ctx.body = { workspaceId };
}
