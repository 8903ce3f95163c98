// pattern: Koa and mysql2: a transaction, but a plain SELECT decides what the UPDATE writes
import Router from '@koa/router';
import mysql from 'mysql2/promise';
import type { RowDataPacket } from 'mysql2';

const pool = mysql.createPool({ uri: process.env.MYSQL_URL, connectionLimit: 20 });
export const router = new Router({ prefix: '/workshops' });

router.post('/:id/seats', async (ctx) => {
  const connection = await pool.getConnection();
  try {
    await connection.beginTransaction();
    const [rows] = await connection.execute<RowDataPacket[]>('SELECT free FROM workshops WHERE id = ?', [ctx.params.id]);
    const free = Number(rows[0].free);
    if (free === 0) {
      await connection.rollback();
      ctx.throw(409, 'full');
    }
    await connection.execute('INSERT INTO bookings (workshop_id, user_id) VALUES (?, ?)', [ctx.params.id, ctx.state.user.id]);
    await connection.execute('UPDATE workshops SET free = ? WHERE id = ?', [free - 1, ctx.params.id]); // RACE: lost-update
    await connection.commit();
    ctx.status = 204;
  } catch (error) {
    await connection.rollback();
    throw error;
  } finally {
    connection.release();
  }
});
