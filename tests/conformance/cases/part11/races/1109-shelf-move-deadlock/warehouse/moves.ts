// pattern: a keyed lock taken for the source and then for the destination, in the order of the arguments
import { KeyedLock } from '../lib/keyed-lock';
import * as shelves from './shelves';

const locks = new KeyedLock();

export async function moveStock(from: string, to: string, sku: string, count: number): Promise<void> {
  const first = await locks.lock(from);
  try {
    const second = await locks.lock(to); // RACE: deadlock
    try {
      const available = await shelves.count(from, sku);
      if (available < count) throw new RangeError('not enough on the shelf');
      await shelves.setCount(from, sku, available - count);
      await shelves.setCount(to, sku, (await shelves.count(to, sku)) + count);
    } finally {
      second();
    }
  } finally {
    first();
  }
}
