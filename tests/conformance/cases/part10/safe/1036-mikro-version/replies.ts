// pattern: a version property; a conflict is tried again with a fork of its own
import { OptimisticLockError } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/mysql';
import { Ticket } from './ticket.entity';

export class Replies {
  constructor(private readonly em: EntityManager) {}

  async count(ticketId: number): Promise<number> {
    for (let attempt = 0; attempt < 5; attempt++) {
      const em = this.em.fork();
      const ticket = await em.findOneOrFail(Ticket, ticketId);
      ticket.replies += 1;
      try {
        await em.flush();
        return ticket.replies;
      } catch (error) {
        if (!(error instanceof OptimisticLockError)) throw error;
      }
    }
    throw new Error('busy');
  }
}
