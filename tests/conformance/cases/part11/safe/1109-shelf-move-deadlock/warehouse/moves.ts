// pattern: the two keys are sorted before they are locked
import { KeyedLock } from '../lib/keyed-lock';
import * as shelves from './shelves';

const locks = new KeyedLock();

export async function moveStock(from: string, to: string, sku: string, count: number): Promise<void> {
  const [low, high] = from < to ? [from, to] : [to, from];
  const first = await locks.lock(low);
  try {
    const second = await locks.lock(high);
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
