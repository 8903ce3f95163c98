// pattern: a method that holds the lock of a cart calls another one that takes the same, not re-entrant lock
import AsyncLock from 'async-lock';
import type { PriceList } from './price-list';

interface Cart {
  items: string[];
  totalCents: number;
}

export class CartService {
  private readonly lock = new AsyncLock();
  private readonly carts = new Map<string, Cart>();

  constructor(private readonly prices: PriceList) {}

  async addItem(cartId: string, sku: string): Promise<void> {
    await this.lock.acquire(cartId, async () => {
      const cart = this.carts.get(cartId) ?? { items: [], totalCents: 0 };
      this.carts.set(cartId, { ...cart, items: [...cart.items, sku] });
      await this.recalculate(cartId); // RACE: deadlock
    });
  }

  async recalculate(cartId: string): Promise<void> {
    await this.lock.acquire(cartId, async () => { // RACE: deadlock
      const cart = this.carts.get(cartId);
      if (!cart) return;
      const totalCents = await this.prices.sum(cart.items);
      this.carts.set(cartId, { ...cart, totalCents });
    });
  }
}
