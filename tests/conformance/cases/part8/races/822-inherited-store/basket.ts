import { KeyedStore } from './store';
import { prices } from './prices';

interface Basket {
  lines: readonly string[];
  cents: number;
}

export class Baskets extends KeyedStore<Basket> {
  protected override initial(): Basket {
    return { lines: [], cents: 0 };
  }

  async add(customer: string, sku: string): Promise<Basket> {
    const basket = super.load(customer);
    const cents = await prices.of(sku);
    const next = { lines: basket.lines.concat(sku), cents: basket.cents + cents };
    super.save(customer, next); // RACE: lost-update
    return next;
  }
}

export const baskets = new Baskets();
