import type { DataSource } from 'typeorm';
import { Order } from './order.entity';
import { OutboxMessage } from './outbox.entity';

export class OrderService {
  constructor(private readonly dataSource: DataSource) {}

  async cancel(id: string): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.update(Order, { id, status: 'open' }, { status: 'cancelled' });
      manager.insert(OutboxMessage, { topic: 'order.cancelled', key: id }); // RACE: floating-promise
    });
  }
}
