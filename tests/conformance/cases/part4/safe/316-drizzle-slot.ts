// pattern: the slot row is selected for update
import { eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { slots, appointments } from './schema';

const db = drizzle(process.env.DATABASE_URL!);

export async function takeSlot(slotId: number, patientId: number): Promise<void> {
  await db.transaction(async (tx) => {
    const [slot] = await tx.select().from(slots).where(eq(slots.id, slotId)).for('update');
    if (!slot || slot.takenBy !== null) throw new Error('slot is taken');
    await tx.update(slots).set({ takenBy: patientId }).where(eq(slots.id, slotId));
    await tx.insert(appointments).values({ slotId, patientId });
  });
}
