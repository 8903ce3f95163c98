// pattern: slot read as free in a transaction, then taken by id without a condition
import { eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { slots, appointments } from './schema';

const db = drizzle(process.env.DATABASE_URL!);

export async function takeSlot(slotId: number, patientId: number): Promise<void> {
  await db.transaction(async (tx) => {
    const [slot] = await tx.select().from(slots).where(eq(slots.id, slotId));
    if (!slot || slot.takenBy !== null) throw new Error('slot is taken');
    await tx.update(slots).set({ takenBy: patientId }).where(eq(slots.id, slotId)); // RACE: check-then-act
    await tx.insert(appointments).values({ slotId, patientId });
  });
}
