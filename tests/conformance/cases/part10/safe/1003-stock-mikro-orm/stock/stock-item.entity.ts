import { Entity, PrimaryKey, Property, Unique } from '@mikro-orm/core';
import { randomUUID } from 'node:crypto';

@Entity({ tableName: 'stock_items' })
export class StockItem {
  @PrimaryKey({ type: 'uuid' })
  id: string = randomUUID();

  @Property()
  @Unique()
  sku!: string;

  @Property()
  quantity: number = 0;

  @Property({ nullable: true })
  lastMovementAt?: Date;
}
