// pattern: Promise.all over map: budget tested before the awaited price, taken after it
export interface Ads {
  price(slot: string): Promise<number>;
  book(slot: string, cents: number): Promise<void>;
}

export async function spend(ads: Ads, slots: string[], budget: number): Promise<string[]> {
  let left = budget;
  const booked: string[] = [];
  await Promise.all(
    slots.map(async (slot) => {
      if (left <= 0) return;
      const cents = await ads.price(slot);
      await ads.book(slot, cents); // RACE: check-then-act
      left -= cents; // RACE: check-then-act
      booked.push(slot);
    }),
  );
  return booked;
}
