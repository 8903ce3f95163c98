// semaphore-async-await: a counting semaphore and a lock with wait and signal.
import { semaphore } from 'krepis:model';

export class Semaphore {
  constructor(permits) {
    this.permits = permits;
    this.inner = semaphore('semaphore', permits);
  }

  wait() {
    return this.inner.acquire();
  }

  acquire() {
    return this.inner.acquire();
  }

  async waitFor(ms) {
    await this.inner.acquire();
    return true;
  }

  tryAcquire() {
    return this.inner.tryAcquire();
  }

  signal() {
    this.inner.release();
  }

  release() {
    this.inner.release();
  }

  async execute(work) {
    await this.inner.acquire();
    try {
      return await work();
    } finally {
      this.inner.release();
    }
  }

  getPermits() {
    return this.permits;
  }
}

export class Lock extends Semaphore {
  constructor() {
    super(1);
  }
}

export default Semaphore;
