import amqp from 'amqplib';
import { Pool } from 'pg';
const pool = new Pool();
async function main() {
  const conn = await amqp.connect('amqp://x');
  const ch = await conn.createChannel();
  await ch.assertQueue('credits');
  await ch.consume('credits', async (msg) => {
    const { userId, n } = JSON.parse(msg!.content.toString());
    const { rows } = await pool.query('SELECT credits FROM users WHERE id = $1', [userId]);
    await pool.query('UPDATE users SET credits = $1 WHERE id = $2', [rows[0].credits + n, userId]); // RACE: lost-update
    ch.ack(msg!);
  });
}
main();
