// pattern: every method that touches the stock of a sku takes the lock of that sku
import AsyncLock from 'async-lock';
import type { Checkout } from './checkout';

const lock = new AsyncLock();
const stock = new Map<string, number>();

export class SoldOut extends Error {}

export async function restock(sku: string, units: number): Promise<void> {
  await lock.acquire(`sku:${sku}`, () => {
    stock.set(sku, (stock.get(sku) ?? 0) + units);
  });
}

export async function purchase(customerId: string, sku: string, units: number, checkout: Checkout): Promise<string> {
  return lock.acquire(`sku:${sku}`, async () => {
    const left = stock.get(sku) ?? 0;
    if (left < units) throw new SoldOut(sku);
    const orderId = await checkout.submit(customerId, sku, units);
    stock.set(sku, left - units);
    return orderId;
  });
}
