import { raw } from 'objection';
import { Shipment, StockItem } from './models';

export class OutOfStock extends Error {}

export async function ship(itemId: number, qty: number): Promise<Shipment> {
  const item = await StockItem.query().findById(itemId).throwIfNotFound();
  if (item.onHand < qty) throw new OutOfStock(item.sku);
  await StockItem.query().findById(itemId).patch({ onHand: item.onHand - qty }); // RACE: lost-update
  return Shipment.query().insert({ itemId, qty });
}
