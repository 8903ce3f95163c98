import type { CartCache } from '../cache/cart-cache.js';
import type { CartRepository } from '../repositories/carts.js';

const MAX_AGE_HOURS = 72;

export class CartExpiry {
  private running = false;

  constructor(
    private readonly carts: CartRepository,
    private readonly cache: CartCache,
  ) {}

  async tick(): Promise<void> {
    if (this.running) {
      return;
    }
    this.running = true;
    try {
      const owners = await this.carts.removeOlderThan(MAX_AGE_HOURS);
      for (const userId of owners) {
        this.cache.invalidate(userId);
      }
    } finally {
      this.running = false;
    }
  }
}
