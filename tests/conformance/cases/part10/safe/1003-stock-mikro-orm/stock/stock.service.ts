// pattern: em.transactional with LockMode.PESSIMISTIC_WRITE on the entity
import { LockMode } from '@mikro-orm/core';
import { EntityManager } from '@mikro-orm/postgresql';
import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { StockItem } from './stock-item.entity';

@Injectable()
export class StockService {
  constructor(private readonly em: EntityManager) {}

  async pick(sku: string, quantity: number): Promise<number> {
    return this.em.transactional(async (em) => {
      const item = await em.findOne(StockItem, { sku }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (!item) throw new NotFoundException(sku);
      if (item.quantity < quantity) throw new ConflictException(`only ${item.quantity} left`);
      item.quantity -= quantity;
      item.lastMovementAt = new Date();
      return item.quantity;
    });
  }
}
