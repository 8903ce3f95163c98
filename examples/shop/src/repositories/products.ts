import { pool, type Queryable } from '../db/pool.js';
import type { PriceRow, Product } from '../types.js';

const COLUMNS = 'id, sku, name, price_cents AS "priceCents", stock, version';

export class ProductRepository {
  async find(id: string, db: Queryable = pool): Promise<Product | undefined> {
    const { rows } = await db.query<Product>(`SELECT ${COLUMNS} FROM products WHERE id = $1`, [id]);
    return rows[0];
  }

  async list(limit: number, offset: number): Promise<Product[]> {
    const { rows } = await pool.query<Product>(
      `SELECT ${COLUMNS} FROM products ORDER BY name LIMIT $1 OFFSET $2`,
      [limit, offset],
    );
    return rows;
  }

  async knownSkus(skus: readonly string[]): Promise<Set<string>> {
    const { rows } = await pool.query<{ sku: string }>('SELECT sku FROM products WHERE sku = ANY($1)', [skus]);
    return new Set(rows.map((row) => row.sku));
  }

  async setPrice(id: string, priceCents: number, version: number): Promise<boolean> {
    const { rowCount } = await pool.query(
      'UPDATE products SET price_cents = $2, version = version + 1 WHERE id = $1 AND version = $3',
      [id, priceCents, version],
    );
    return rowCount === 1;
  }

  async importPrice(row: PriceRow): Promise<void> {
    await pool.query('UPDATE products SET price_cents = $2, version = version + 1 WHERE sku = $1', [
      row.sku,
      row.priceCents,
    ]);
  }

  async decrementStock(db: Queryable, id: string, quantity: number): Promise<void> {
    await db.query('UPDATE products SET stock = stock - $2 WHERE id = $1', [id, quantity]);
  }

  async takeStock(db: Queryable, id: string, quantity: number): Promise<number | undefined> {
    const { rows } = await db.query<{ priceCents: number }>(
      `UPDATE products SET stock = stock - $2 WHERE id = $1 AND stock >= $2
       RETURNING price_cents AS "priceCents"`,
      [id, quantity],
    );
    return rows[0]?.priceCents;
  }

  async restock(id: string, quantity: number): Promise<void> {
    await pool.query('UPDATE products SET stock = stock + $2 WHERE id = $1', [id, quantity]);
  }

  async saveReview(productId: string, userId: string, rating: number, body: string): Promise<void> {
    await pool.query(
      `INSERT INTO reviews (product_id, user_id, rating, body) VALUES ($1, $2, $3, $4)
       ON CONFLICT (product_id, user_id) DO UPDATE SET rating = excluded.rating, body = excluded.body`,
      [productId, userId, rating, body],
    );
  }
}
