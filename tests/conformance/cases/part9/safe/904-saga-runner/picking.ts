import { run, type Saga } from './saga';
import type { Warehouse } from './warehouse';

const shelf: Record<string, number> = Object.create(null);

function* pick(warehouse: Warehouse, sku: string, amount: number): Saga<boolean> {
  const bin: string = yield warehouse.locate(sku);
  const left = shelf[sku] ?? 0;
  if (left < amount) return false;
  shelf[sku] = left - amount;
  yield warehouse.fetch(bin, amount);
  return true;
}

export const stock = (sku: string, amount: number): void => {
  shelf[sku] = (shelf[sku] ?? 0) + amount;
};

export const createPicker = (warehouse: Warehouse) => ({
  pick: (sku: string, amount: number) => run(pick(warehouse, sku, amount)),
});
