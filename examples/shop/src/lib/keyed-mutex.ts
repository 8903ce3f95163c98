import { Mutex, type MutexInterface } from 'async-mutex';

export class KeyedMutex {
  private readonly mutexes = new Map<string, Mutex>();

  acquire(key: string): Promise<MutexInterface.Releaser> {
    return this.mutexFor(key).acquire();
  }

  runExclusive<T>(key: string, work: () => Promise<T>): Promise<T> {
    return this.mutexFor(key).runExclusive(work);
  }

  private mutexFor(key: string): Mutex {
    let mutex = this.mutexes.get(key);
    if (!mutex) {
      mutex = new Mutex();
      this.mutexes.set(key, mutex);
    }
    return mutex;
  }
}
