// pattern: the wallet is read through the unit of work, locked
import { inject, injectable } from 'tsyringe';
import { UnitOfWork } from './unit-of-work';
import { Purchase, Wallet } from './wallet.entity';

export class NotEnoughCredits extends Error {}

@injectable()
export class PurchaseService {
  constructor(@inject(UnitOfWork) private readonly uow: UnitOfWork) {}

  async buy(walletId: string, itemId: string, price: number): Promise<Purchase> {
    return this.uow.run(async (manager) => {
      const wallet = await manager.findOneOrFail(Wallet, {
        where: { id: walletId },
        lock: { mode: 'pessimistic_write' },
      });
      if (wallet.credits < price) throw new NotEnoughCredits();
      await manager.update(Wallet, { id: walletId }, { credits: wallet.credits - price });
      const purchase = manager.create(Purchase, { walletId, itemId, price });
      return manager.save(purchase);
    });
  }
}
