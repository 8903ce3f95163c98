import { prices } from './cache';
import { supplier } from './supplier';

export async function priceOf(sku: string): Promise<number> {
  const known = prices.get(sku);
  if (known !== undefined) return known;
  const price = await supplier.quote(sku);
  if (!prices.has(sku)) prices.set(sku, price);
  return prices.get(sku)!;
}
