export interface StockStore {
  available(sku: string): Promise<number>;
  replace(sku: string, units: number): Promise<void>;
}

export class MemoryStockStore implements StockStore {
  readonly #units = new Map<string, number>();

  async available(sku: string): Promise<number> {
    return this.#units.get(sku) ?? 0;
  }

  async replace(sku: string, units: number): Promise<void> {
    this.#units.set(sku, units);
  }
}
