// pattern: the invite is used up by an UPDATE that requires used_by IS NULL; no row returned means too late
import type { Context } from 'koa';
import { knex } from '../knex';

export async function acceptInvite(ctx: Context): Promise<void> {
  const { token } = ctx.params;
  const userId = ctx.state.user.id;

  const workspaceId = await knex.transaction(async (trx) => {
    const [invite] = await trx('invites')
      .where({ token })
      .whereNull('used_by')
      .update({ used_by: userId, used_at: trx.fn.now() })
      .returning(['workspace_id', 'role']);
    if (!invite) return null;
    await trx('memberships').insert({ workspace_id: invite.workspace_id, user_id: userId, role: invite.role });
    return invite.workspace_id;
  });

  if (workspaceId === null) {
    ctx.throw(410, 'this invite is no longer valid');
  }
  ctx.body = { workspaceId };
}
