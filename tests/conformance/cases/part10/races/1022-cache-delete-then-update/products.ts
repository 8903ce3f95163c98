// pattern: cache-aside with ioredis and pg: the entry is deleted before the row is changed; a reader in between keeps the old row in the cache
import Redis from 'ioredis';
import { Pool } from 'pg';

export interface Product {
  id: string;
  name: string;
  price_cents: number;
}

const redis = new Redis();
const pool = new Pool();
const keyOf = (id: string) => `product:${id}`;

export async function getProduct(id: string): Promise<Product | null> {
  const cached = await redis.get(keyOf(id));
  if (cached !== null) return JSON.parse(cached);
  const { rows } = await pool.query<Product>('SELECT id, name, price_cents FROM products WHERE id = $1', [id]);
  if (rows.length === 0) return null;
  await redis.set(keyOf(id), JSON.stringify(rows[0]), 'EX', 3600); // RACE: stale-read
  return rows[0];
}

export async function changePrice(id: string, priceCents: number): Promise<void> {
  await redis.del(keyOf(id)); // RACE: stale-read
  await pool.query('UPDATE products SET price_cents = $2 WHERE id = $1', [id, priceCents]); // RACE: stale-read
}
