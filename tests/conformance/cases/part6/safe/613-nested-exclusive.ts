import { Mutex } from 'async-mutex';

export class Inventory {
  private readonly mutex = new Mutex();
  private readonly stock = new Map<string, number>();

  async reserve(sku: string, n: number): Promise<boolean> {
    return this.mutex.runExclusive(() => this.take(sku, n));
  }

  async reserveAll(lines: { sku: string; n: number }[]): Promise<boolean> {
    return this.mutex.runExclusive(() => lines.every(({ sku, n }) => this.take(sku, n)));
  }

  private take(sku: string, n: number): boolean {
    const left = this.stock.get(sku) ?? 0;
    if (left < n) return false;
    this.stock.set(sku, left - n);
    return true;
  }
}
