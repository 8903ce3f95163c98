import { prisma } from './prisma';
import { mailer } from './mailer';

export async function remind(eventId: string): Promise<{ reminded: number }> {
  const guests = await prisma.guest.findMany({ where: { eventId, reminded: false } });
  guests.map(async (guest) => { // RACE: floating-promise
    await mailer.send(guest.email, 'Do not forget');
    await prisma.guest.update({ where: { id: guest.id }, data: { reminded: true } });
  });
  return { reminded: guests.length };
}
