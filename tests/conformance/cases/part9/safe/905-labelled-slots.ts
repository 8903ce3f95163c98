// pattern: the slot is looked at again after the question, and the search goes on when it is gone
import { initTRPC } from '@trpc/server';
import { z } from 'zod';
import { calendar } from './calendar';

const t = initTRPC.create();

interface Slot {
  hour: number;
  patient?: string;
}

interface Doctor {
  name: string;
  slots: Slot[];
}

const doctors: Doctor[] = [];

export const clinic = t.router({
  open: t.procedure.input(z.object({ name: z.string(), hours: z.array(z.number()) })).mutation(({ input }) => {
    doctors.push({ name: input.name, slots: input.hours.map((hour) => ({ hour })) });
  }),

  book: t.procedure.input(z.object({ patient: z.string() })).mutation(async ({ input }) => {
    search: for (const doctor of doctors) {
      for (const slot of doctor.slots) {
        if (slot.patient !== undefined) continue;
        const answer = await calendar.accepts(doctor.name, slot.hour);
        if (answer === 'absent') continue search;
        if (answer === 'busy' || slot.patient !== undefined) continue;
        slot.patient = input.patient;
        return { doctor: doctor.name, hour: slot.hour };
      }
    }
    return null;
  }),
});
