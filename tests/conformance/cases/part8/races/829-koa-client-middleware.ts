// pattern: Koa middleware lends a pg client to what follows and gives it back only when that succeeds
import Koa, { type Next, type ParameterizedContext } from 'koa';
import { Pool, type PoolClient } from 'pg';

interface State {
  db: PoolClient;
}

const pool = new Pool({ max: 5 });

async function withClient(ctx: ParameterizedContext<State>, next: Next): Promise<void> {
  const client = await pool.connect(); // RACE: lock-leak
  ctx.state.db = client;
  await client.query('BEGIN');
  await next();
  await client.query('COMMIT');
  client.release();
}

export const app = new Koa<State>();
app.use(withClient);
app.use(async (ctx) => {
  const { rows } = await ctx.state.db.query('SELECT id, name FROM teams WHERE id = $1', [ctx.query.id]);
  ctx.body = rows[0];
});
