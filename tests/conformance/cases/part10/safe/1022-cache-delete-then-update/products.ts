// pattern: readers and the writer of one product take the same redlock
import Redis from 'ioredis';
import { Pool } from 'pg';
import Redlock from 'redlock';

export interface Product {
  id: string;
  name: string;
  price_cents: number;
}

const redis = new Redis();
const redlock = new Redlock([redis], { retryCount: 20, retryDelay: 50 });
const pool = new Pool();
const keyOf = (id: string) => `product:${id}`;

export async function getProduct(id: string): Promise<Product | null> {
  const cached = await redis.get(keyOf(id));
  if (cached !== null) return JSON.parse(cached);
  return redlock.using([`lock:${keyOf(id)}`], 5_000, async () => {
    const { rows } = await pool.query<Product>('SELECT id, name, price_cents FROM products WHERE id = $1', [id]);
    if (rows.length === 0) return null;
    await redis.set(keyOf(id), JSON.stringify(rows[0]), 'EX', 3600);
    return rows[0];
  });
}

export async function changePrice(id: string, priceCents: number): Promise<void> {
  await redlock.using([`lock:${keyOf(id)}`], 5_000, async () => {
    await pool.query('UPDATE products SET price_cents = $2 WHERE id = $1', [id, priceCents]);
    await redis.del(keyOf(id));
  });
}
