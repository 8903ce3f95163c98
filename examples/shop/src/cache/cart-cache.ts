import type { CartRepository } from '../repositories/carts.js';
import type { CartLine } from '../types.js';

export class CartCache {
  private readonly views = new Map<string, readonly CartLine[]>();

  constructor(private readonly carts: CartRepository) {}

  async get(userId: string): Promise<readonly CartLine[]> {
    const cached = this.views.get(userId);
    if (cached) {
      return cached;
    }
    const lines = await this.carts.lines(userId);
    this.views.set(userId, lines);
    return lines;
  }

  invalidate(userId: string): void {
    this.views.delete(userId);
  }
}
