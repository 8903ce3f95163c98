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
    try {
      return await this.#repository.save(this.#repository.create({ email }));
    } catch (error) {
      if (!(error instanceof QueryFailedError)) throw error;
      return this.#repository.findOneByOrFail({ email });
    }
  }
}
