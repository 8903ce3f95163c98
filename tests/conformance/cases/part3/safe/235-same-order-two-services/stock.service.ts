import { orderLock, stockLock } from './locks';
import { db } from './db';

export class StockService {
  async writeOff(sku: string): Promise<void> {
    await orderLock.runExclusive(() =>
      stockLock.runExclusive(async () => {
        await db.stock.clear(sku);
        await db.orders.cancelOpen(sku);
      }),
    );
  }
}
