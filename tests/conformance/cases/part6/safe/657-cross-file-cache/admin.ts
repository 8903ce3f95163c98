import { prices } from './cache';
import { supplier } from './supplier';

export async function reprice(sku: string, price: number): Promise<void> {
  await supplier.announce(sku, price);
  prices.set(sku, price);
}
