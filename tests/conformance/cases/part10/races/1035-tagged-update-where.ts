// pattern: postgres.js: the order is looked up, captured at the provider, and marked without asking for its state
import postgres from 'postgres';
import { provider } from './provider';

const sql = postgres();

interface Order {
  id: string;
  state: 'authorized' | 'capturing' | 'captured';
  payment_id: string;
}

export async function capture(orderId: string): Promise<boolean> {
  const [order] = await sql<Order[]>`select * from orders where id = ${orderId}`;
  if (order?.state !== 'authorized') return false;
  await provider.capture(order.payment_id); // RACE: check-then-act
  await sql`update orders set state = 'captured' where id = ${orderId}`; // RACE: check-then-act
  return true;
}
