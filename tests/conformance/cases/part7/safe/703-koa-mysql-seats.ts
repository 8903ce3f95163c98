// pattern: the same with SELECT ... FOR UPDATE on the row that is written
import Router from '@koa/router';
import mysql from 'mysql2/promise';
import type { RowDataPacket } from 'mysql2';

const pool = mysql.createPool({ uri: process.env.MYSQL_URL, connectionLimit: 20 });
export const router = new Router({ prefix: '/workshops' });

router.post('/:id/seats', async (ctx) => {
  const connection = await pool.getConnection();
  try {
    await connection.beginTransaction();
    const [rows] = await connection.execute<RowDataPacket[]>('SELECT free FROM workshops WHERE id = ? FOR UPDATE', [
      ctx.params.id,
    ]);
    const free = Number(rows[0].free);
    if (free > 0) {
      await connection.execute('INSERT INTO bookings (workshop_id, user_id) VALUES (?, ?)', [ctx.params.id, ctx.state.user.id]);
      await connection.execute('UPDATE workshops SET free = ? WHERE id = ?', [free - 1, ctx.params.id]);
    }
    await connection.commit();
    ctx.status = free > 0 ? 204 : 409;
  } catch (error) {
    await connection.rollback();
    throw error;
  } finally {
    connection.release();
  }
});
