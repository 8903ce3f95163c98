// pattern: the budget is subtracted before the charge and given back when it fails
import { supplier } from './supplier';

interface Booking {
  hotel: string;
  cents: number;
}

export async function bookAll(bookings: Booking[], budget: number) {
  const book = async ({ hotel, cents }: Booking): Promise<string | undefined> => {
    if (cents > budget) return undefined;
    budget -= cents;
    try {
      return await supplier.book(hotel, cents);
    } catch (error) {
      budget += cents;
      throw error;
    }
  };
  const outcomes = await Promise.allSettled(bookings.map(book));
  return {
    confirmations: outcomes.flatMap((o) => (o.status === 'fulfilled' && o.value ? [o.value] : [])),
    left: budget,
  };
}
