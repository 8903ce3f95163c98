import type { Database } from './database.ts';

export interface Paid {
  readonly id: string;
  readonly order: string;
  readonly cents: number;
}

/** Books a payment once; false when this event was here before. */
export function book(db: Database, event: Paid): Promise<boolean> {
  return db.transaction(async (tx) => {
    const fresh = await tx.query('INSERT INTO events (id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id', [event.id]);
    if (fresh.length === 0) return false;
    await tx.query(
      `INSERT INTO orders (id, paid_cents) VALUES ($1, $2)
       ON CONFLICT (id) DO UPDATE SET paid_cents = orders.paid_cents + excluded.paid_cents`,
      [event.order, event.cents],
    );
    return true;
  });
}

export async function paid(db: Database, order: string): Promise<number | undefined> {
  const [row] = await db.query<{ paid_cents: number }>('SELECT paid_cents FROM orders WHERE id = $1', [order]);
  return row?.paid_cents;
}
