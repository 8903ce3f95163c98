// pattern: Next.js server action and Drizzle: places counted, then the registration is inserted
'use server';

import { count, eq } from 'drizzle-orm';
import { revalidatePath } from 'next/cache';
import { z } from 'zod';
import { db } from '../../db';
import { registrations, workshops } from '../../db/schema';

const Form = z.object({ workshopId: z.coerce.number().int(), email: z.string().email() });

export async function register(_previous: unknown, formData: FormData): Promise<{ error?: string }> {
  const parsed = Form.safeParse(Object.fromEntries(formData));
  if (!parsed.success) return { error: 'Please check the form' };
  const { workshopId, email } = parsed.data;

  const workshop = await db.query.workshops.findFirst({ where: eq(workshops.id, workshopId) });
  if (!workshop) return { error: 'No such workshop' };

  const [{ registered }] = await db
    .select({ registered: count() })
    .from(registrations)
    .where(eq(registrations.workshopId, workshopId));
  if (registered >= workshop.capacity) return { error: 'Fully booked' };

  await db.insert(registrations).values({ workshopId, email }).onConflictDoNothing(); // RACE: check-then-act
  revalidatePath('/workshops');
  return {};
}
