import { Mutex } from 'async-mutex';

export class Inventory {
  private readonly mutex = new Mutex();
  private readonly stock = new Map<string, number>();

  async reserve(sku: string, n: number): Promise<boolean> {
    return this.mutex.runExclusive(async () => {
      const left = this.stock.get(sku) ?? 0;
      if (left < n) return false;
      this.stock.set(sku, left - n);
      return true;
    });
  }

  async reserveAll(lines: { sku: string; n: number }[]): Promise<boolean> {
    return this.mutex.runExclusive(async () => {
      for (const { sku, n } of lines) {
        if (!(await this.reserve(sku, n))) return false; // RACE: deadlock
      }
      return true;
    });
  }
}
