// pattern: the series row is read FOR UPDATE in the same transaction
import type { Pool, PoolConnection, RowDataPacket } from 'mysql2/promise';

interface SeriesRow extends RowDataPacket {
  last_number: number;
  prefix: string;
}

async function nextNumber(connection: PoolConnection, series: string): Promise<string> {
  const [rows] = await connection.execute<SeriesRow[]>(
    'SELECT last_number, prefix FROM invoice_series WHERE code = ? FOR UPDATE',
    [series],
  );
  const row = rows[0];
  if (!row) throw new Error(`unknown series ${series}`);
  const number = row.last_number + 1;
  await connection.execute('UPDATE invoice_series SET last_number = ? WHERE code = ?', [number, series]);
  return `${row.prefix}-${String(number).padStart(6, '0')}`;
}

export async function issueInvoice(pool: Pool, series: string, orderId: number, totalCents: number): Promise<string> {
  const connection = await pool.getConnection();
  try {
    await connection.beginTransaction();
    const number = await nextNumber(connection, series);
    await connection.execute('INSERT INTO invoices (number, order_id, total_cents) VALUES (?, ?, ?)', [
      number,
      orderId,
      totalCents,
    ]);
    await connection.commit();
    return number;
  } catch (error) {
    await connection.rollback();
    throw error;
  } finally {
    connection.release();
  }
}
