// pattern: public methods take the lock, the private worker that both use does not
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
      await this.updateTotal(cartId);
    });
  }

  async recalculate(cartId: string): Promise<void> {
    await this.lock.acquire(cartId, () => this.updateTotal(cartId));
  }

  /** The caller holds the lock of the cart. */
  private async updateTotal(cartId: string): Promise<void> {
    const cart = this.carts.get(cartId);
    if (!cart) return;
    const totalCents = await this.prices.sum(cart.items);
    this.carts.set(cartId, { ...cart, totalCents });
  }
}
