// pattern: constructor injection and a path alias: the service decides, the store only gets and sets, a call in between
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
    const available = await this.#stock.available(sku);
    if (available < units) return null;
    const shipping = await this.#couriers.quote(sku, units);
    await this.#stock.replace(sku, available - units); // RACE: lost-update
    return { shipping };
  }
}
