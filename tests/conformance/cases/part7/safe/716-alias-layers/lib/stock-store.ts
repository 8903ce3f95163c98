export interface StockStore {
  take(sku: string, units: number): Promise<boolean>;
  put(sku: string, units: number): Promise<void>;
}

export class MemoryStockStore implements StockStore {
  readonly #units = new Map<string, number>();

  async take(sku: string, units: number): Promise<boolean> {
    const available = this.#units.get(sku) ?? 0;
    if (available < units) return false;
    this.#units.set(sku, available - units);
    return true;
  }

  async put(sku: string, units: number): Promise<void> {
    this.#units.set(sku, (this.#units.get(sku) ?? 0) + units);
  }
}
