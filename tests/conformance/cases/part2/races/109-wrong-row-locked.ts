// pattern: FOR UPDATE locks the buyer's row; the product row that is computed with is not locked
import { Pool } from 'pg';

const pool = new Pool({ connectionString: process.env.DATABASE_URL });

export interface Purchase {
  buyerId: number;
  productId: number;
  qty: number;
}

export async function purchase({ buyerId, productId, qty }: Purchase): Promise<boolean> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT id FROM buyers WHERE id = $1 FOR UPDATE', [buyerId]);
    const found = await client.query('SELECT stock FROM products WHERE id = $1', [productId]);
    const stock: number = found.rows[0].stock;
    if (stock < qty) {
      await client.query('ROLLBACK');
      return false;
    }
    await client.query('UPDATE products SET stock = $1 WHERE id = $2', [stock - qty, productId]); // RACE: lost-update
    await client.query('INSERT INTO purchases (buyer_id, product_id, qty) VALUES ($1, $2, $3)', [
      buyerId,
      productId,
      qty,
    ]);
    await client.query('COMMIT');
    return true;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}
