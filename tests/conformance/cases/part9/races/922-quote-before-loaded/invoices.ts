import { Discounts } from './discounts';
import { invoices } from './backend';

const discounts = new Discounts();

export async function bill(customer: string, cents: number): Promise<string> {
  const reduced = cents - (cents * discounts.of(customer)) / 100;
  return invoices.create({ customer, cents: reduced }); // RACE: init-race
}
