// pattern: commit, or rollback in catch, and release in finally
import type { Pool, RowDataPacket } from 'mysql2/promise';

export class ShiftSwap {
  constructor(private readonly pool: Pool) {}

  async swap(shiftA: number, shiftB: number): Promise<void> {
    const conn = await this.pool.getConnection();
    try {
      await conn.beginTransaction();
      const [rows] = await conn.query<RowDataPacket[]>(
        'SELECT id, employee_id FROM shifts WHERE id IN (?, ?) ORDER BY id FOR UPDATE',
        [shiftA, shiftB],
      );
      const [first, second] = rows;
      if (!first || !second) throw new Error('both shifts must exist');
      await conn.execute('UPDATE shifts SET employee_id = ? WHERE id = ?', [second.employee_id, first.id]);
      await conn.execute('UPDATE shifts SET employee_id = ? WHERE id = ?', [first.employee_id, second.id]);
      await conn.commit();
    } catch (error) {
      await conn.rollback();
      throw error;
    } finally {
      conn.release();
    }
  }
}
