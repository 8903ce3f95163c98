import mysql, { RowDataPacket } from 'mysql2/promise';

const pool = mysql.createPool({ uri: process.env.MYSQL_URL });

export async function nextInvoiceNumber(series: string): Promise<number> {
  const connection = await pool.getConnection();
  try {
    await connection.beginTransaction();
    const [rows] = await connection.query<RowDataPacket[]>('SELECT next FROM series WHERE name = ?', [series]);
    const next = rows[0].next as number;
    await connection.query('UPDATE series SET next = ? WHERE name = ?', [next + 1, series]); // RACE: lost-update
    await connection.commit();
    return next;
  } catch (error) {
    await connection.rollback();
    throw error;
  } finally {
    connection.release();
  }
}
