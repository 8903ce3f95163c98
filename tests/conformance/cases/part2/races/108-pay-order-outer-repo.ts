// pattern: inside manager.transaction the wallet is read through the outer repository, unlocked
import { BadRequestException, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { DataSource, Repository } from 'typeorm';
import { Order } from './entities/order.entity';
import { Wallet } from './entities/wallet.entity';

@Injectable()
export class PaymentService {
  constructor(
    private readonly dataSource: DataSource,
    @InjectRepository(Wallet) private readonly walletRepository: Repository<Wallet>,
  ) {}

  async payWithWallet(orderId: string): Promise<Order> {
    return this.dataSource.transaction(async (manager) => {
      const order = await manager.findOneOrFail(Order, {
        where: { id: orderId },
        lock: { mode: 'pessimistic_write' },
      });
      if (order.status !== 'open') throw new BadRequestException(`order is ${order.status}`);

      const wallet = await this.walletRepository.findOneByOrFail({ userId: order.userId });
      if (wallet.balance < order.total) throw new BadRequestException('wallet balance too low');

      await manager.update(Wallet, { userId: order.userId }, { balance: wallet.balance - order.total }); // RACE: lost-update
      order.status = 'paid';
      return manager.save(order);
    });
  }
}
