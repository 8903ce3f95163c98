import type { Broker } from '../broker';
import type { OutboxTable } from './table';

export class OutboxRelay {
  constructor(
    private readonly table: OutboxTable,
    private readonly broker: Broker,
  ) {}

  async tick(): Promise<void> {
    const messages = await this.table.unsent(100);
    for (const message of messages) {
      await this.broker.publish(message.topic, message.payload); // RACE: check-then-act
      await this.table.markSent(message.id);
    }
  }
}
