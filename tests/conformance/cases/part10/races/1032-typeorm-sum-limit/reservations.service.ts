// pattern: TypeORM query builder: the sum of open reservations is compared with a limit, a reservation inserted
import { Injectable, UnprocessableEntityException } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Customer, Reservation } from './entities';

@Injectable()
export class ReservationsService {
  constructor(private readonly dataSource: DataSource) {}

  async reserve(customerId: string, cents: number): Promise<Reservation> {
    return this.dataSource.transaction(async (manager) => {
      const customer = await manager.findOneByOrFail(Customer, { id: customerId });
      const open = await manager.sum(Reservation, 'cents', { customerId });
      if ((open ?? 0) + cents > customer.creditLimit) throw new UnprocessableEntityException('credit limit');
      return manager.save(Reservation, { customerId, cents }); // RACE: check-then-act
    });
  }
}
