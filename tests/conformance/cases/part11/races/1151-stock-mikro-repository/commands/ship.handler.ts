// pattern: NestJS command handler with an injected MikroORM EntityRepository: the quantity is computed from what was found and flushed
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
    const item = await this.items.findOneOrFail({ id: itemId });
    if (item.onHand < quantity) throw new Error('out of stock');
    item.onHand -= quantity;
    await this.em.flush(); // RACE: lost-update
    return item.onHand;
  }
}
