import { Model } from 'objection';

export class StockItem extends Model {
  static tableName = 'stock_items';
  id!: number;
  sku!: string;
  onHand!: number;
}

export class Shipment extends Model {
  static tableName = 'shipments';
  id!: number;
  itemId!: number;
  qty!: number;
}
