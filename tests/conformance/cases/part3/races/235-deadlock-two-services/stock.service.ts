import { orderLock, stockLock } from './locks';
import { db } from './db';

export class StockService {
  async writeOff(sku: string): Promise<void> {
    await stockLock.runExclusive(async () => {
      await db.stock.clear(sku);
      await orderLock.runExclusive(() => db.orders.cancelOpen(sku)); // RACE: deadlock
    });
  }
}
