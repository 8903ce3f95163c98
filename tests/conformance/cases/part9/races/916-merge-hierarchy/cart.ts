import { Lockable } from './lockable';
import { pricing } from './pricing';

export class Cart extends Lockable {
  private lines = new Map<string, number>();

  add(sku: string, amount: number): Promise<void> {
    return this.exclusively(async () => {
      await pricing.check(sku);
      this.lines.set(sku, (this.lines.get(sku) ?? 0) + amount);
    });
  }

  absorb(other: Cart): Promise<void> {
    return this.exclusively(() =>
      other.exclusively(async () => { // RACE: deadlock
        for (const [sku, amount] of other.lines) this.lines.set(sku, (this.lines.get(sku) ?? 0) + amount);
        other.lines.clear();
        await pricing.check([...this.lines.keys()].join());
      }),
    );
  }
}
