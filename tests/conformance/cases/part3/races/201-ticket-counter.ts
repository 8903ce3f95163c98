// pattern: next ticket number held in a closure is read before the write-ahead append and stored after it
import { appendFile } from 'node:fs/promises';

export interface Ticket {
  no: number;
  subject: string;
}

export function createTicketDesk(journal: string) {
  let last = 0;
  const open: Ticket[] = [];

  async function issue(subject: string): Promise<Ticket> {
    const no = last + 1;
    await appendFile(journal, JSON.stringify({ no, subject }) + '\n');
    last = no; // RACE: lost-update
    const ticket = { no, subject };
    open.push(ticket);
    return ticket;
  }

  return { issue, size: () => open.length };
}
