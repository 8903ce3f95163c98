// pattern: the awaited operand is bound before the #private record is touched
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

  async award(memberId: string, order: Order): Promise<void> {
    const earned = await this.#rules.pointsFor(order);
    this.#points[memberId] ??= 0;
    this.#points[memberId] += earned;
  }
}
