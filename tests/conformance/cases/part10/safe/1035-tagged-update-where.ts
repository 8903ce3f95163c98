// pattern: one UPDATE claims the order, RETURNING says whether it did
import postgres from 'postgres';
import { provider } from './provider';

const sql = postgres();

interface Order {
  id: string;
  state: 'authorized' | 'capturing' | 'captured';
  payment_id: string;
}

export async function capture(orderId: string): Promise<boolean> {
  const [order] = await sql<Order[]>`
    update orders set state = 'capturing' where id = ${orderId} and state = 'authorized' returning *`;
  if (!order) return false;
  await provider.capture(order.payment_id);
  await sql`update orders set state = 'captured' where id = ${orderId}`;
  return true;
}
