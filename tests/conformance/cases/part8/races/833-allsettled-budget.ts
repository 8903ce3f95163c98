// pattern: one call: parallel bookings check a shared budget, charge, then subtract
import { supplier } from './supplier';

interface Booking {
  hotel: string;
  cents: number;
}

export async function bookAll(bookings: Booking[], budget: number) {
  const book = async ({ hotel, cents }: Booking): Promise<string | undefined> => {
    if (cents > budget) return undefined;
    const confirmation: string = await supplier.book(hotel, cents); // RACE: check-then-act
    budget -= cents; // RACE: check-then-act
    return confirmation;
  };
  const outcomes = await Promise.allSettled(bookings.map(book));
  return {
    confirmations: outcomes.flatMap((o) => (o.status === 'fulfilled' && o.value ? [o.value] : [])),
    left: budget,
  };
}
