// pattern: the store takes in one step and puts back when the quote fails
import type { StockStore } from '@app/stock-store';

export interface Couriers {
  quote(sku: string, units: number): Promise<number>;
}

export class Reservations {
  readonly #stock: StockStore;
  readonly #couriers: Couriers;

  constructor(deps: { stock: StockStore; couriers: Couriers }) {
    this.#stock = deps.stock;
    this.#couriers = deps.couriers;
  }

  async reserve(sku: string, units: number): Promise<{ shipping: number } | null> {
    if (!(await this.#stock.take(sku, units))) return null;
    try {
      return { shipping: await this.#couriers.quote(sku, units) };
    } catch (error) {
      await this.#stock.put(sku, units);
      throw error;
    }
  }
}
