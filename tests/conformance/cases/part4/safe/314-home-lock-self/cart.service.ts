import { KeyedLock } from './keyed-lock';
import type { CartStore } from './cart.store';

export class CartService {
  private readonly lock = new KeyedLock();

  constructor(private readonly store: CartStore) {}

  clear(cartId: string): Promise<void> {
    return this.lock.run(cartId, () => this.store.removeAll(cartId));
  }

  merge(guestId: string, cartId: string): Promise<void> {
    return this.lock.run(guestId, async () => {
      const items = await this.store.itemsOf(guestId);
      await this.store.addAll(cartId, items);
      await this.store.removeAll(guestId);
    });
  }
}
