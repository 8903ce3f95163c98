// pattern: NestJS and MikroORM: entity found, quantity computed, flushed, no lock and no version
import { EntityManager } from '@mikro-orm/postgresql';
import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { StockItem } from './stock-item.entity';

@Injectable()
export class StockService {
  constructor(private readonly em: EntityManager) {}

  async pick(sku: string, quantity: number): Promise<number> {
    const em = this.em.fork();
    const item = await em.findOne(StockItem, { sku });
    if (!item) throw new NotFoundException(sku);
    if (item.quantity < quantity) throw new ConflictException(`only ${item.quantity} left`);
    item.quantity -= quantity;
    item.lastMovementAt = new Date();
    await em.flush(); // RACE: lost-update
    return item.quantity;
  }
}
