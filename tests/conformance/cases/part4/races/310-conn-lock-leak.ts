// pattern: connection and named lock given back only when nothing fails
import mysql from 'mysql2/promise';

const pool = mysql.createPool({ uri: process.env.MYSQL_URL, connectionLimit: 5 });

export async function exportMonth(month: string): Promise<number> {
  const conn = await pool.getConnection(); // RACE: lock-leak
  const [rows] = await conn.query<any[]>('SELECT * FROM invoices WHERE month = ?', [month]);
  await conn.execute('INSERT INTO exports (month, size) VALUES (?, ?)', [month, rows.length]);
  conn.release();
  return rows.length;
}
