// pattern: MikroORM: entity found and flushed, no version property
import type { EntityManager } from '@mikro-orm/mysql';
import { Ticket } from './ticket.entity';

export class Replies {
  constructor(private readonly em: EntityManager) {}

  async count(ticketId: number): Promise<number> {
    const em = this.em.fork();
    const ticket = await em.findOneOrFail(Ticket, ticketId);
    ticket.replies += 1;
    await em.flush(); // RACE: lost-update
    return ticket.replies;
  }
}
