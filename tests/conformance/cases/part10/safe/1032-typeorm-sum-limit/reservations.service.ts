// pattern: the customer's row is locked before the sum
import { Injectable, UnprocessableEntityException } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Customer, Reservation } from './entities';

@Injectable()
export class ReservationsService {
  constructor(private readonly dataSource: DataSource) {}

  async reserve(customerId: string, cents: number): Promise<Reservation> {
    return this.dataSource.transaction(async (manager) => {
      const customer = await manager.findOneOrFail(Customer, {
        where: { id: customerId },
        lock: { mode: 'pessimistic_write' },
      });
      const open = await manager.sum(Reservation, 'cents', { customerId });
      if ((open ?? 0) + cents > customer.creditLimit) throw new UnprocessableEntityException('credit limit');
      return manager.save(Reservation, { customerId, cents });
    });
  }
}
