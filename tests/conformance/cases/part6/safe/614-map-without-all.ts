import { prisma } from './prisma';
import { mailer } from './mailer';

export async function remind(eventId: string): Promise<{ reminded: number }> {
  const guests = await prisma.guest.findMany({ where: { eventId, reminded: false } });
  let reminded = 0;
  for (const guest of guests) {
    const { count } = await prisma.guest.updateMany({ where: { id: guest.id, reminded: false }, data: { reminded: true } });
    if (count === 0) continue;
    await mailer.send(guest.email, 'Do not forget');
    reminded += 1;
  }
  return { reminded };
}
