// pattern: given back in finally
import Koa, { type Next, type ParameterizedContext } from 'koa';
import { Pool, type PoolClient } from 'pg';

interface State {
  db: PoolClient;
}

const pool = new Pool({ max: 5 });

async function withClient(ctx: ParameterizedContext<State>, next: Next): Promise<void> {
  const client = await pool.connect();
  ctx.state.db = client;
  try {
    await client.query('BEGIN');
    await next();
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}

export const app = new Koa<State>();
app.use(withClient);
app.use(async (ctx) => {
  const { rows } = await ctx.state.db.query('SELECT id, name FROM teams WHERE id = $1', [ctx.query.id]);
  ctx.body = rows[0];
});
