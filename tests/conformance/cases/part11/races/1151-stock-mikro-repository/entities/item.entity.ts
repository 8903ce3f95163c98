import { Entity, PrimaryKey, Property } from '@mikro-orm/core';

@Entity({ tableName: 'items' })
export class Item {
  @PrimaryKey() id!: number;
  @Property() sku!: string;
  @Property() onHand!: number;
}
