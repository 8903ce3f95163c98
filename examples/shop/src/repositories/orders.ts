import { pool, type Queryable } from '../db/pool.js';
import type { CartLine, Order } from '../types.js';

const COLUMNS = 'id, user_id AS "userId", status, total_cents AS "totalCents"';

export class OrderRepository {
  async find(id: string, userId: string): Promise<Order | undefined> {
    const { rows } = await pool.query<Order>(`SELECT ${COLUMNS} FROM orders WHERE id = $1 AND user_id = $2`, [
      id,
      userId,
    ]);
    return rows[0];
  }

  async lock(db: Queryable, id: string): Promise<Order | undefined> {
    const { rows } = await db.query<Order>(`SELECT ${COLUMNS} FROM orders WHERE id = $1 FOR UPDATE`, [id]);
    return rows[0];
  }

  async insert(db: Queryable, order: Order, lines: readonly CartLine[]): Promise<void> {
    await db.query('INSERT INTO orders (id, user_id, status, total_cents) VALUES ($1, $2, $3, $4)', [
      order.id,
      order.userId,
      order.status,
      order.totalCents,
    ]);
    for (const line of lines) {
      await db.query('INSERT INTO order_items (order_id, product_id, quantity) VALUES ($1, $2, $3)', [
        order.id,
        line.productId,
        line.quantity,
      ]);
    }
  }

  async items(id: string): Promise<CartLine[]> {
    const { rows } = await pool.query<CartLine>(
      'SELECT product_id AS "productId", quantity FROM order_items WHERE order_id = $1',
      [id],
    );
    return rows;
  }

  async claimForPayment(id: string, userId: string): Promise<Order | undefined> {
    const { rows } = await pool.query<Order>(
      `UPDATE orders SET status = 'paying'
       WHERE id = $1 AND user_id = $2 AND status = 'pending' RETURNING ${COLUMNS}`,
      [id, userId],
    );
    return rows[0];
  }

  async unclaim(id: string): Promise<void> {
    await pool.query("UPDATE orders SET status = 'pending' WHERE id = $1 AND status = 'paying'", [id]);
  }

  async markPaid(db: Queryable, id: string, chargeId: string): Promise<void> {
    await db.query("UPDATE orders SET status = 'paid', charge_id = $2 WHERE id = $1 AND status = 'paying'", [
      id,
      chargeId,
    ]);
  }

  async cancelPending(id: string, userId: string): Promise<boolean> {
    const { rowCount } = await pool.query(
      "UPDATE orders SET status = 'cancelled' WHERE id = $1 AND user_id = $2 AND status = 'pending'",
      [id, userId],
    );
    return rowCount === 1;
  }

  async refund(db: Queryable, order: Order): Promise<void> {
    await db.query("UPDATE orders SET status = 'refunded' WHERE id = $1", [order.id]);
    await db.query('INSERT INTO refunds (order_id, amount_cents) VALUES ($1, $2)', [order.id, order.totalCents]);
  }

  async enqueue(db: Queryable, topic: string, payload: Record<string, unknown>): Promise<void> {
    await db.query('INSERT INTO outbox (topic, payload) VALUES ($1, $2)', [topic, payload]);
  }
}
