// async-lock: one FIFO lock per key; several keys are taken in the order in which they are given.
import { lock } from 'krepis:model';

export default class AsyncLock {
  constructor(options) {
    this.locks = new Map<string, Lock>();
  }

  of(key) {
    let found = this.locks.get(key);
    if (found === undefined) {
      found = lock('async-lock');
      this.locks.set(key, found);
    }
    return found;
  }

  acquire(key, work, third, fourth) {
    const callback = typeof third === 'function' ? third : undefined;
    const result = this.hold(Array.isArray(key) ? key : [key], work);
    if (callback === undefined) return result;
    result.then((value) => callback(null, value), callback);
  }

  async hold(keys, work) {
    const held = [];
    try {
      for (const key of keys) {
        const one = this.of(key);
        await one.acquire();
        held.push(one);
      }
      if (work.length > 0) {
        return await new Promise((resolve, reject) => {
          work((error, value) => (error ? reject(error) : resolve(value)));
        });
      }
      return await work();
    } finally {
      for (const one of held) one.release();
    }
  }

  isBusy(key) {
    return key === undefined ? false : this.of(key).isLocked();
  }
}
