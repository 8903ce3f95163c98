// pattern: order and wallet are both read through the transaction's manager with pessimistic_write
import { BadRequestException, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Order } from './entities/order.entity';
import { Wallet } from './entities/wallet.entity';

@Injectable()
export class PaymentService {
  constructor(private readonly dataSource: DataSource) {}

  async payWithWallet(orderId: string): Promise<Order> {
    return this.dataSource.transaction(async (manager) => {
      const order = await manager.findOneOrFail(Order, {
        where: { id: orderId },
        lock: { mode: 'pessimistic_write' },
      });
      if (order.status !== 'open') throw new BadRequestException(`order is ${order.status}`);

      const wallet = await manager.getRepository(Wallet).findOneOrFail({
        where: { userId: order.userId },
        lock: { mode: 'pessimistic_write' },
      });
      if (wallet.balance < order.total) throw new BadRequestException('wallet balance too low');

      await manager.update(Wallet, { userId: order.userId }, { balance: wallet.balance - order.total });
      order.status = 'paid';
      return manager.save(order);
    });
  }
}
