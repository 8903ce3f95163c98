// async-sema: counting semaphores, FIFO; a rate limit lets at most so many calls through in a window.
import { semaphore } from 'krepis:model';

export class Sema {
  constructor(nr, options) {
    this.nr = nr;
    this.inner = semaphore('semaphore', nr);
  }

  async acquire() {
    await this.inner.acquire();
  }

  async v() {
    await this.inner.acquire();
  }

  tryAcquire() {
    return this.inner.tryAcquire() ? true : undefined;
  }

  release(token) {
    this.inner.release();
  }

  p(token) {
    this.inner.release();
  }

  async drain() {
    for (let taken = 0; taken < this.nr; taken++) await this.inner.acquire();
  }
}

export const RateLimit = () => async () => undefined;

export default Sema;
