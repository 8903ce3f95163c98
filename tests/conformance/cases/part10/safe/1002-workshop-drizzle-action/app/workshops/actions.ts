// pattern: one conditional UPDATE takes the place, its RETURNING decides
'use server';

import { and, eq, lt, sql } from 'drizzle-orm';
import { revalidatePath } from 'next/cache';
import { z } from 'zod';
import { db } from '../../db';
import { registrations, workshops } from '../../db/schema';

const Form = z.object({ workshopId: z.coerce.number().int(), email: z.string().email() });

class FullyBooked extends Error {}

export async function register(_previous: unknown, formData: FormData): Promise<{ error?: string }> {
  const parsed = Form.safeParse(Object.fromEntries(formData));
  if (!parsed.success) return { error: 'Please check the form' };
  const { workshopId, email } = parsed.data;

  try {
    await db.transaction(async (tx) => {
      const added = await tx.insert(registrations).values({ workshopId, email }).onConflictDoNothing().returning();
      if (added.length === 0) return;
      const [seat] = await tx
        .update(workshops)
        .set({ taken: sql`${workshops.taken} + 1` })
        .where(and(eq(workshops.id, workshopId), lt(workshops.taken, workshops.capacity)))
        .returning({ taken: workshops.taken });
      if (!seat) throw new FullyBooked();
    });
  } catch (error) {
    if (error instanceof FullyBooked) return { error: 'Fully booked' };
    throw error;
  }
  revalidatePath('/workshops');
  return {};
}
