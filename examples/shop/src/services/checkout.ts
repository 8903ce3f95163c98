import { randomUUID } from 'node:crypto';
import type { CartCache } from '../cache/cart-cache.js';
import { withTransaction } from '../db/tx.js';
import { ConflictError, NotFoundError } from '../middleware/errors.js';
import type { CartRepository } from '../repositories/carts.js';
import type { OrderRepository } from '../repositories/orders.js';
import type { ProductRepository } from '../repositories/products.js';
import type { Order } from '../types.js';

export class CheckoutService {
  constructor(
    private readonly products: ProductRepository,
    private readonly carts: CartRepository,
    private readonly orders: OrderRepository,
    private readonly cartCache: CartCache,
  ) {}

  async checkout(userId: string): Promise<Order> {
    const order = await withTransaction(async (tx) => {
      const lines = await this.carts.takeAll(tx, userId);
      if (lines.length === 0) {
        throw new ConflictError('the cart is empty');
      }
      lines.sort((a, b) => (a.productId < b.productId ? -1 : 1));
      let totalCents = 0;
      for (const line of lines) {
        const priceCents = await this.products.takeStock(tx, line.productId, line.quantity);
        if (priceCents === undefined) {
          throw new ConflictError('out of stock');
        }
        totalCents += priceCents * line.quantity;
      }
      const placed: Order = { id: randomUUID(), userId, status: 'pending', totalCents };
      await this.orders.insert(tx, placed, lines);
      await this.orders.enqueue(tx, 'order.placed', { orderId: placed.id });
      return placed;
    });
    this.cartCache.invalidate(userId);
    return order;
  }

  buyNow(userId: string, productId: string, quantity: number): Promise<Order> {
    return withTransaction(async (tx) => {
      const product = await this.products.find(productId, tx);
      if (!product) {
        throw new NotFoundError('no such product');
      }
      if (product.stock < quantity) {
        throw new ConflictError('out of stock');
      }
      await this.products.decrementStock(tx, productId, quantity);
      const order: Order = {
        id: randomUUID(),
        userId,
        status: 'pending',
        totalCents: product.priceCents * quantity,
      };
      await this.orders.insert(tx, order, [{ productId, quantity }]);
      await this.orders.enqueue(tx, 'order.placed', { orderId: order.id });
      return order;
    });
  }
}
