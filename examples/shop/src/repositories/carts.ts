import { pool, type Queryable } from '../db/pool.js';
import type { CartLine } from '../types.js';

export class CartRepository {
  async lines(userId: string): Promise<CartLine[]> {
    const { rows } = await pool.query<CartLine>(
      'SELECT product_id AS "productId", quantity FROM cart_items WHERE user_id = $1 ORDER BY product_id',
      [userId],
    );
    return rows;
  }

  async add(userId: string, productId: string, quantity: number): Promise<void> {
    await pool.query(
      `INSERT INTO cart_items (user_id, product_id, quantity) VALUES ($1, $2, $3)
       ON CONFLICT (user_id, product_id)
       DO UPDATE SET quantity = cart_items.quantity + excluded.quantity, updated_at = now()`,
      [userId, productId, quantity],
    );
  }

  async remove(userId: string, productId: string): Promise<void> {
    await pool.query('DELETE FROM cart_items WHERE user_id = $1 AND product_id = $2', [userId, productId]);
  }

  async takeAll(db: Queryable, userId: string): Promise<CartLine[]> {
    const { rows } = await db.query<CartLine>(
      'DELETE FROM cart_items WHERE user_id = $1 RETURNING product_id AS "productId", quantity',
      [userId],
    );
    return rows;
  }

  async removeOlderThan(hours: number): Promise<string[]> {
    const { rows } = await pool.query<{ userId: string }>(
      `DELETE FROM cart_items WHERE updated_at < now() - make_interval(hours => $1)
       RETURNING user_id AS "userId"`,
      [hours],
    );
    return [...new Set(rows.map((row) => row.userId))];
  }
}
