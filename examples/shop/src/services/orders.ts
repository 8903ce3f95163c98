import type { PaymentClient } from '../clients/payments.js';
import { withTransaction } from '../db/tx.js';
import { ConflictError, NotFoundError } from '../middleware/errors.js';
import type { AccountRepository } from '../repositories/accounts.js';
import type { OrderRepository } from '../repositories/orders.js';
import type { ProductRepository } from '../repositories/products.js';
import type { Order } from '../types.js';
import type { LoyaltyService } from './loyalty.js';

const INVOICE_NUMBERS = 7001;

export class OrderService {
  constructor(
    private readonly orders: OrderRepository,
    private readonly products: ProductRepository,
    private readonly accounts: AccountRepository,
    private readonly payments: PaymentClient,
    private readonly loyalty: LoyaltyService,
  ) {}

  async pay(userId: string, orderId: string): Promise<Order> {
    const order = await this.orders.claimForPayment(orderId, userId);
    if (!order) {
      throw new ConflictError('this order cannot be paid now');
    }
    try {
      const chargeId = await this.payments.charge(order.id, order.totalCents);
      await withTransaction(async (tx) => {
        await this.orders.markPaid(tx, order.id, chargeId);
        await this.orders.enqueue(tx, 'order.paid', { orderId: order.id });
      });
    } catch (error) {
      await this.orders.unclaim(order.id);
      throw error;
    }
    await this.loyalty.award(userId, order.totalCents);
    return { ...order, status: 'paid' };
  }

  async cancel(userId: string, orderId: string): Promise<void> {
    const cancelled = await this.orders.cancelPending(orderId, userId);
    if (!cancelled) {
      throw new ConflictError('this order cannot be cancelled any more');
    }
    const items = await this.orders.items(orderId);
    items.forEach(async (item) => {
      await this.products.restock(item.productId, item.quantity);
    });
  }

  async refund(orderId: string): Promise<void> {
    await withTransaction(async (tx) => {
      const order = await this.orders.lock(tx, orderId);
      if (!order) {
        throw new NotFoundError('no such order');
      }
      if (order.status !== 'paid') {
        throw new ConflictError('only paid orders can be refunded');
      }
      await this.orders.refund(tx, order);
      await this.accounts.credit(tx, order.userId, order.totalCents);
      await this.orders.enqueue(tx, 'order.refunded', { orderId });
    });
  }

  invoiceNumber(orderId: string): Promise<number> {
    return withTransaction(async (tx) => {
      await tx.query('SELECT pg_advisory_xact_lock($1)', [INVOICE_NUMBERS]);
      const existing = await tx.query<{ number: number }>('SELECT number FROM invoices WHERE order_id = $1', [
        orderId,
      ]);
      if (existing.rows[0]) {
        return existing.rows[0].number;
      }
      const last = await tx.query<{ number: number | null }>('SELECT max(number) AS number FROM invoices');
      const number = (last.rows[0]?.number ?? 0) + 1;
      await tx.query('INSERT INTO invoices (number, order_id) VALUES ($1, $2)', [number, orderId]);
      return number;
    });
  }
}
