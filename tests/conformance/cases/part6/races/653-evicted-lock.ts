import { Mutex } from 'async-mutex';

const locks = new Map<string, Mutex>();
const totals = new Map<string, number>();

async function exclusive<T>(key: string, work: () => Promise<T>): Promise<T> {
  let lock = locks.get(key);
  if (!lock) {
    lock = new Mutex();
    locks.set(key, lock);
  }
  try {
    return await lock.runExclusive(work);
  } finally {
    locks.delete(key);
  }
}

export async function add(key: string, amount: number, check: () => Promise<void>): Promise<void> {
  await exclusive(key, async () => {
    const total = totals.get(key) ?? 0;
    await check();
    totals.set(key, total + amount); // RACE: lost-update
  });
}
