// pattern: findOrCreate over a unique column; only who created it gives the credit
import { Customer } from './models';
import { ledger } from './ledger';

export async function onboard(phone: string): Promise<Customer> {
  const [customer, created] = await Customer.findOrCreate({ where: { phone } });
  if (created) await ledger.credit(customer.id, 500);
  return customer;
}
