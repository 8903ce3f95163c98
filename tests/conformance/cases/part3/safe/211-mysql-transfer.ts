// pattern: both rows locked by one ordered statement
import mysql from 'mysql2/promise';

const pool = mysql.createPool({ uri: process.env.MYSQL_URL });

export async function transfer(from: number, to: number, cents: number): Promise<void> {
  const conn = await pool.getConnection();
  try {
    await conn.beginTransaction();
    const [first, second] = from < to ? [from, to] : [to, from];
    await conn.query('SELECT id FROM accounts WHERE id = ? FOR UPDATE', [first]);
    await conn.query('SELECT id FROM accounts WHERE id = ? FOR UPDATE', [second]);
    const [src] = await conn.query<any[]>('SELECT balance FROM accounts WHERE id = ?', [from]);
    if (src[0].balance < cents) throw new Error('insufficient funds');
    await conn.execute('UPDATE accounts SET balance = balance - ? WHERE id = ?', [cents, from]);
    await conn.execute('UPDATE accounts SET balance = balance + ? WHERE id = ?', [cents, to]);
    await conn.commit();
  } catch (err) {
    await conn.rollback();
    throw err;
  } finally {
    conn.release();
  }
}
