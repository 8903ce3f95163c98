import type { Broker } from '../broker';
import type { OutboxTable } from './table';

export class OutboxRelay {
  private ticking = false;

  constructor(
    private readonly table: OutboxTable,
    private readonly broker: Broker,
  ) {}

  async tick(): Promise<void> {
    if (this.ticking) return;
    this.ticking = true;
    try {
      const messages = await this.table.unsent(100);
      for (const message of messages) {
        await this.broker.publish(message.topic, message.payload);
        await this.table.markSent(message.id);
      }
    } finally {
      this.ticking = false;
    }
  }
}
