// pattern: GET_LOCK kept when the early return is taken: the pooled connection goes back with it
import { createPool, type RowDataPacket } from 'mysql2/promise';

const pool = createPool({ uri: process.env.MYSQL_URL });

export async function closeMonth(month: string): Promise<'closed' | 'already'> {
  const connection = await pool.getConnection();
  try {
    await connection.query('SELECT GET_LOCK(?, 10)', [`close:${month}`]); // RACE: lock-leak
    const [rows] = await connection.query<RowDataPacket[]>('SELECT closed_at FROM months WHERE month = ?', [month]);
    if (rows[0]?.closed_at) return 'already';
    await connection.query('INSERT INTO ledger_snapshots SELECT * FROM ledger WHERE month = ?', [month]);
    await connection.query('UPDATE months SET closed_at = NOW() WHERE month = ?', [month]);
    await connection.query('SELECT RELEASE_LOCK(?)', [`close:${month}`]);
    return 'closed';
  } finally {
    connection.release();
  }
}
