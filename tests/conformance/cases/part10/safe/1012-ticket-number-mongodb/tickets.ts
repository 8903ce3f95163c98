// pattern: a counters document is raised with findOneAndUpdate and $inc
import { counters, tickets, type Ticket } from './mongo';

async function draw(project: string): Promise<number> {
  const counter = await counters.findOneAndUpdate(
    { _id: `ticket:${project}` },
    { $inc: { value: 1 } },
    { upsert: true, returnDocument: 'after' },
  );
  return counter!.value;
}

export async function openTicket(project: string, title: string, reporter: string): Promise<Ticket> {
  const ticket: Ticket = { project, number: await draw(project), title: title.trim(), reporter };
  await tickets.insertOne(ticket);
  return ticket;
}
