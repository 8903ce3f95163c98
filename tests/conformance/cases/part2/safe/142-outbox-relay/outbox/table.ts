import type { Knex } from 'knex';

export interface OutboxMessage {
  id: string;
  topic: string;
  payload: unknown;
}

export class OutboxTable {
  constructor(private readonly knex: Knex) {}

  unsent(limit: number): Promise<OutboxMessage[]> {
    return this.knex('outbox').whereNull('sent_at').orderBy('id').limit(limit);
  }

  async markSent(id: string): Promise<void> {
    await this.knex('outbox').where({ id }).update({ sent_at: this.knex.fn.now() });
  }
}
