import { pool } from '../db/pool.js';
import { withSerializable, withTransaction } from '../db/tx.js';
import { ConflictError } from '../middleware/errors.js';
import type { AccountRepository } from '../repositories/accounts.js';

export class StaffService {
  constructor(private readonly accounts: AccountRepository) {}

  async promote(userId: string): Promise<void> {
    await this.accounts.setRole(pool, userId, 'admin');
  }

  async demote(userId: string): Promise<void> {
    await withTransaction(async (tx) => {
      const admins = await this.accounts.countAdmins(tx);
      if (admins <= 1) {
        throw new ConflictError('the shop needs an administrator');
      }
      await this.accounts.setRole(tx, userId, 'customer');
    });
  }

  async addManager(warehouseId: string, userId: string): Promise<void> {
    await pool.query(
      'INSERT INTO warehouse_managers (warehouse_id, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING',
      [warehouseId, userId],
    );
  }

  async removeManager(warehouseId: string, userId: string): Promise<void> {
    await withSerializable(async (tx) => {
      const { rows } = await tx.query<{ managers: number }>(
        'SELECT count(*)::int AS managers FROM warehouse_managers WHERE warehouse_id = $1',
        [warehouseId],
      );
      if ((rows[0]?.managers ?? 0) <= 1) {
        throw new ConflictError('a warehouse needs a manager');
      }
      await tx.query('DELETE FROM warehouse_managers WHERE warehouse_id = $1 AND user_id = $2', [
        warehouseId,
        userId,
      ]);
    });
  }
}
