// async-mutex: FIFO locks; acquire gives the function that releases.
import { lock, semaphore } from 'krepis:model';

export const E_TIMEOUT = new Error('timeout while waiting for mutex to become available');
export const E_ALREADY_LOCKED = new Error('mutex already locked');
export const E_CANCELED = new Error('request for lock canceled');

const once = (release) => {
  let open = true;
  return () => {
    if (open) {
      open = false;
      release();
    }
  };
};

export class Mutex {
  constructor(cancelError) {
    this.inner = lock('mutex');
  }

  async acquire(priority) {
    await this.inner.acquire();
    return once(() => this.inner.release());
  }

  async runExclusive(callback, priority) {
    await this.inner.acquire();
    try {
      return await callback();
    } finally {
      this.inner.release();
    }
  }

  async waitForUnlock() {
    await this.inner.acquire();
    this.inner.release();
  }

  isLocked() {
    return this.inner.isLocked();
  }

  release() {
    this.inner.release();
  }

  cancel() {}
}

export class Semaphore {
  constructor(value, cancelError) {
    this.value = value;
    this.inner = semaphore('semaphore', value);
  }

  async acquire(weight, priority) {
    await this.inner.acquire(weight);
    return [this.value, once(() => this.inner.release(weight))];
  }

  async runExclusive(callback, weight, priority) {
    await this.inner.acquire(weight);
    try {
      return await callback(this.value);
    } finally {
      this.inner.release(weight);
    }
  }

  async waitForUnlock() {
    await this.inner.acquire();
    this.inner.release();
  }

  isLocked() {
    return this.inner.isLocked();
  }

  getValue() {
    return this.value;
  }

  setValue(value) {
    this.value = value;
  }

  release(weight) {
    this.inner.release(weight);
  }

  cancel() {}
}

class Immediate {
  constructor(mutex, error) {
    this.mutex = mutex;
    this.error = error;
  }

  async acquire() {
    if (!this.mutex.inner.tryAcquire()) throw this.error;
    return once(() => this.mutex.inner.release());
  }

  async runExclusive(callback) {
    if (!this.mutex.inner.tryAcquire()) throw this.error;
    try {
      return await callback();
    } finally {
      this.mutex.inner.release();
    }
  }

  isLocked() {
    return this.mutex.isLocked();
  }

  release() {
    this.mutex.release();
  }
}

export const tryAcquire = (mutex, error = E_ALREADY_LOCKED) => new Immediate(mutex, error);

// The timeout itself is left out: whoever is given up on keeps waiting, which is the stricter reading.
export const withTimeout = (mutex, ms, error = E_TIMEOUT) => mutex;
