// pattern: tsyringe and a TypeORM unit of work: the wallet is read through the data source, outside the transaction that writes it
import { DataSource } from 'typeorm';
import { inject, injectable } from 'tsyringe';
import { UnitOfWork } from './unit-of-work';
import { Purchase, Wallet } from './wallet.entity';

export class NotEnoughCredits extends Error {}

@injectable()
export class PurchaseService {
  constructor(
    @inject(UnitOfWork) private readonly uow: UnitOfWork,
    @inject(DataSource) private readonly dataSource: DataSource,
  ) {}

  async buy(walletId: string, itemId: string, price: number): Promise<Purchase> {
    return this.uow.run(async (manager) => {
      const wallet = await this.dataSource.getRepository(Wallet).findOneByOrFail({ id: walletId });
      if (wallet.credits < price) throw new NotEnoughCredits();
      await manager.update(Wallet, { id: walletId }, { credits: wallet.credits - price }); // RACE: lost-update
      const purchase = manager.create(Purchase, { walletId, itemId, price });
      return manager.save(purchase); // RACE: check-then-act
    });
  }
}
