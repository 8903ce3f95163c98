import { Mutex } from 'async-mutex';

const locks = new Map<string, Mutex>();

export function exclusively<T>(id: string, work: () => Promise<T>): Promise<T> {
  let lock = locks.get(id);
  if (!lock) {
    lock = new Mutex();
    locks.set(id, lock);
  }
  return lock.runExclusive(work);
}
