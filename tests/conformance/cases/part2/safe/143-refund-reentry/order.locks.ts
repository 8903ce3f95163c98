import { Mutex } from 'async-mutex';

const mutexes = new Map<string, Mutex>();

export function withOrderLock<T>(orderId: string, work: () => Promise<T>): Promise<T> {
  let mutex = mutexes.get(orderId);
  if (!mutex) {
    mutex = new Mutex();
    mutexes.set(orderId, mutex);
  }
  return mutex.runExclusive(work);
}
