import { connect } from './mq';
import { Pool } from 'pg';
const pool = new Pool();
export async function startConsumer() {
  const ch = await connect();
  await ch.consume('credits', async (msg: any) => {
    const { userId, n } = JSON.parse(msg.content.toString());
    const { rows } = await pool.query('SELECT credits FROM users WHERE id = $1', [userId]);
    await pool.query('UPDATE users SET credits = $1 WHERE id = $2', [rows[0].credits + n, userId]); // RACE: lost-update
    ch.ack(msg);
  });
}
