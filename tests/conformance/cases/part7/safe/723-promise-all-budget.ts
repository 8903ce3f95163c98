// pattern: prices together, then one slot after the other
export interface Ads {
  price(slot: string): Promise<number>;
  book(slot: string, cents: number): Promise<void>;
}

export async function spend(ads: Ads, slots: string[], budget: number): Promise<string[]> {
  const prices = await Promise.all(slots.map(async (slot) => ({ slot, cents: await ads.price(slot) })));
  let left = budget;
  const booked: string[] = [];
  for (const { slot, cents } of prices) {
    if (cents > left) continue;
    left -= cents;
    await ads.book(slot, cents);
    booked.push(slot);
  }
  return booked;
}
