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

  add(customer: string, sku: string): Promise<Basket> {
    return super.inTurn(customer, async () => {
      const basket = this.load(customer);
      const cents = await prices.of(sku);
      const next = { lines: basket.lines.concat(sku), cents: basket.cents + cents };
      this.save(customer, next);
      return next;
    });
  }
}

export const baskets = new Baskets();
