// pattern: the number is taken in the tick of the read; the append only follows
import { appendFile } from 'node:fs/promises';

export interface Ticket {
  no: number;
  subject: string;
}

export function createTicketDesk(journal: string) {
  let last = 0;
  const open: Ticket[] = [];

  async function issue(subject: string): Promise<Ticket> {
    const no = ++last;
    const ticket = { no, subject };
    open.push(ticket);
    await appendFile(journal, JSON.stringify({ no, subject }) + '\n');
    return ticket;
  }

  return { issue, size: () => open.length };
}
