// pattern: two rows locked FOR UPDATE in the order of the arguments
import mysql from 'mysql2/promise';

const pool = mysql.createPool({ uri: process.env.MYSQL_URL });

export async function transfer(from: number, to: number, cents: number): Promise<void> {
  const conn = await pool.getConnection();
  try {
    await conn.beginTransaction();
    const [src] = await conn.query<any[]>('SELECT balance FROM accounts WHERE id = ? FOR UPDATE', [from]);
    const [dst] = await conn.query<any[]>('SELECT balance FROM accounts WHERE id = ? FOR UPDATE', [to]); // RACE: deadlock
    if (src[0].balance < cents) throw new Error('insufficient funds');
    await conn.execute('UPDATE accounts SET balance = ? WHERE id = ?', [src[0].balance - cents, from]);
    await conn.execute('UPDATE accounts SET balance = ? WHERE id = ?', [dst[0].balance + cents, to]);
    await conn.commit();
  } catch (err) {
    await conn.rollback();
    throw err;
  } finally {
    conn.release();
  }
}
