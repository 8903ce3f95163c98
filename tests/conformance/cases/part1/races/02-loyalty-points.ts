// pattern: `record[key] += await f()` on a #private record: the old value is read before the suspension
import type { Order, PointRules } from './loyalty.types';

export class LoyaltyLedger {
  #points: Record<string, number> = {};
  readonly #rules: PointRules;

  constructor(rules: PointRules) {
    this.#rules = rules;
  }

  pointsOf(memberId: string): number {
    return this.#points[memberId] ?? 0;
  }

  async award(memberId: string, order: Order): Promise<number> {
    this.#points[memberId] ??= 0;
    this.#points[memberId] += await this.#rules.pointsFor(order); // RACE: lost-update
    return this.#points[memberId];
  }
}
