// pattern: Sequelize: findOne, then create and a welcome credit; the model has no unique column
import { Customer } from './models';
import { ledger } from './ledger';

export async function onboard(phone: string): Promise<Customer> {
  const known = await Customer.findOne({ where: { phone } });
  if (known !== null) return known;
  const customer = await Customer.create({ phone }); // RACE: check-then-act
  await ledger.credit(customer.id, 500); // RACE: check-then-act
  return customer;
}
