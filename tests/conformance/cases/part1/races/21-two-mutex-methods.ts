// pattern: one method takes stock then ledger, another ledger then stock
import { Mutex } from 'async-mutex';
import type { CostModel } from './cost-model';

export class Warehouse {
  private readonly stockLock = new Mutex();
  private readonly ledgerLock = new Mutex();
  private readonly stock = new Map<string, number>();
  private ledgerCents = 0;

  constructor(private readonly costs: CostModel) {}

  async receive(sku: string, units: number): Promise<void> {
    await this.stockLock.runExclusive(async () => {
      const cost = await this.costs.costOf(sku);
      this.stock.set(sku, (this.stock.get(sku) ?? 0) + units);
      await this.ledgerLock.runExclusive(() => { // RACE: deadlock
        this.ledgerCents -= cost * units;
      });
    });
  }

  async writeOff(sku: string): Promise<number> {
    return this.ledgerLock.runExclusive(async () => {
      const cost = await this.costs.costOf(sku);
      const units = await this.stockLock.runExclusive(() => { // RACE: deadlock
        const left = this.stock.get(sku) ?? 0;
        this.stock.delete(sku);
        return left;
      });
      this.ledgerCents -= units * cost;
      return units;
    });
  }
}
