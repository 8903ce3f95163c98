// pattern: pg advisory lock per user around a quota that belongs to the organisation
import { Hono } from 'hono';
import { Pool } from 'pg';
import { withLock } from './with-lock';

type Env = { Variables: { userId: string; orgId: string } };

const pool = new Pool();

export const environments = new Hono<Env>();

environments.post('/environments', async (c) => {
  const { name } = await c.req.json<{ name: string }>();
  const userId = c.get('userId');
  const orgId = c.get('orgId');

  const created = await withLock(pool, `environments:${userId}`, async (client) => {
    const quota = await client.query<{ max_environments: number }>('SELECT max_environments FROM orgs WHERE id = $1', [orgId]);
    const used = await client.query<{ n: number }>('SELECT count(*)::int AS n FROM environments WHERE org_id = $1', [orgId]);
    if (used.rows[0].n >= quota.rows[0].max_environments) return null;
    const { rows } = await client.query(
      'INSERT INTO environments (org_id, created_by, name) VALUES ($1, $2, $3) RETURNING id', // RACE: check-then-act
      [orgId, userId, name],
    );
    return rows[0].id as string;
  });

  return created ? c.json({ id: created }, 201) : c.json({ error: 'quota exhausted' }, 403);
});
