// pattern: mongodb driver: the ticket number is the count of tickets plus one
import { tickets, type Ticket } from './mongo';

export async function openTicket(project: string, title: string, reporter: string): Promise<Ticket> {
  const existing = await tickets.countDocuments({ project });
  const ticket: Ticket = { project, number: existing + 1, title: title.trim(), reporter };
  await tickets.insertOne(ticket); // RACE: lost-update
  return ticket;
}
