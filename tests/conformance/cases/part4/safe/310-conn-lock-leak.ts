// pattern: released in finally
import mysql from 'mysql2/promise';

const pool = mysql.createPool({ uri: process.env.MYSQL_URL, connectionLimit: 5 });

export async function exportMonth(month: string): Promise<number> {
  const conn = await pool.getConnection();
  try {
    const [rows] = await conn.query<any[]>('SELECT * FROM invoices WHERE month = ?', [month]);
    await conn.execute('INSERT INTO exports (month, size) VALUES (?, ?)', [month, rows.length]);
    return rows.length;
  } finally {
    conn.release();
  }
}
