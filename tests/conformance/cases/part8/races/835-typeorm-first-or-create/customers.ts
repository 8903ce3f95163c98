import { QueryFailedError, type DataSource, type Repository } from 'typeorm';
import { Customer } from './customer.entity';

export class Customers {
  readonly #repository: Repository<Customer>;

  constructor(source: DataSource) {
    this.#repository = source.getRepository(Customer);
  }

  async byEmail(email: string): Promise<Customer> {
    const known = await this.#repository.findOneBy({ email });
    if (known) return known;
    return this.#repository.save(this.#repository.create({ email })); // RACE: check-then-act
  }
}
