import { prices } from './cache';
import { supplier } from './supplier';

export async function priceOf(sku: string): Promise<number> {
  const known = prices.get(sku);
  if (known !== undefined) return known;
  const price = await supplier.quote(sku);
  prices.set(sku, price); // RACE: check-then-act
  return price;
}
