import { orderLock, stockLock } from './locks';
import { db } from './db';

export class OrderService {
  async place(sku: string, quantity: number): Promise<void> {
    await orderLock.runExclusive(async () => {
      await db.orders.insert({ sku, quantity });
      await stockLock.runExclusive(() => db.stock.take(sku, quantity));
    });
  }
}
