// pattern: the same find takes a pessimistic write lock inside em.transactional
import { CommandHandler, ICommandHandler } from '@nestjs/cqrs';
import { EntityManager, EntityRepository, LockMode } from '@mikro-orm/postgresql';
import { InjectRepository } from '@mikro-orm/nestjs';
import { Item } from '../entities/item.entity';

export class ShipCommand {
  constructor(
    public readonly itemId: number,
    public readonly quantity: number,
  ) {}
}

@CommandHandler(ShipCommand)
export class ShipHandler implements ICommandHandler<ShipCommand> {
  constructor(
    @InjectRepository(Item) private readonly items: EntityRepository<Item>,
    private readonly em: EntityManager,
  ) {}

  async execute({ itemId, quantity }: ShipCommand): Promise<number> {
    return this.em.transactional(async (em) => {
      const item = await em.findOneOrFail(Item, { id: itemId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (item.onHand < quantity) throw new Error('out of stock');
      item.onHand -= quantity;
      return item.onHand;
    });
  }
}
