// pattern: the lock is keyed by customer, the stock it should protect by sku
import AsyncLock from 'async-lock';
import type { Checkout } from './checkout';

const lock = new AsyncLock({ timeout: 5000 });
const stock = new Map<string, number>();

export class SoldOut extends Error {}

export async function restock(sku: string, units: number): Promise<void> {
  stock.set(sku, (stock.get(sku) ?? 0) + units);
}

export async function purchase(customerId: string, sku: string, units: number, checkout: Checkout): Promise<string> {
  return lock.acquire(`customer:${customerId}`, async () => {
    const left = stock.get(sku) ?? 0;
    if (left < units) throw new SoldOut(sku);
    const orderId = await checkout.submit(customerId, sku, units);
    stock.set(sku, left - units); // RACE: lost-update
    return orderId;
  });
}
