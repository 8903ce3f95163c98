import { Mutex } from 'async-mutex';

const locks = new Map<string, Mutex>();
const totals = new Map<string, number>();

async function exclusive<T>(key: string, work: () => Promise<T>): Promise<T> {
  let lock = locks.get(key);
  if (!lock) {
    lock = new Mutex();
    locks.set(key, lock);
  }
  return lock.runExclusive(work);
}

export async function add(key: string, amount: number, check: () => Promise<void>): Promise<void> {
  await exclusive(key, async () => {
    const total = totals.get(key) ?? 0;
    await check();
    totals.set(key, total + amount);
  });
}
