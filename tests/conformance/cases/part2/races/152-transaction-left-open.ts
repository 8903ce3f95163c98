// pattern: a rejected statement leaves the transaction open and the connection outside the pool
import type { Pool, RowDataPacket } from 'mysql2/promise';

export class ShiftSwap {
  constructor(private readonly pool: Pool) {}

  async swap(shiftA: number, shiftB: number): Promise<void> {
    const conn = await this.pool.getConnection(); // RACE: lock-leak
    await conn.beginTransaction();
    const [rows] = await conn.query<RowDataPacket[]>(
      'SELECT id, employee_id FROM shifts WHERE id IN (?, ?) ORDER BY id FOR UPDATE',
      [shiftA, shiftB],
    );
    const [first, second] = rows;
    if (!first || !second) {
      await conn.rollback();
      throw new Error('both shifts must exist');
    }
    await conn.execute('UPDATE shifts SET employee_id = ? WHERE id = ?', [second.employee_id, first.id]);
    await conn.execute('UPDATE shifts SET employee_id = ? WHERE id = ?', [first.employee_id, second.id]);
    await conn.commit();
    conn.release();
  }
}
