// bottleneck: a limiter with a concurrency; priorities, reservoirs and minimum times are left out.
import { around } from 'krepis:model';
import { pLimit } from './p-limit';

export default class Bottleneck {
  constructor(options) {
    this.limit = pLimit(options?.maxConcurrent ?? 1000);
  }

  schedule(first, ...rest) {
    return typeof first === 'function' ? this.limit(first, ...rest) : this.limit(rest[0], ...rest.slice(1));
  }

  wrap(work) {
    return around(work, (...args) => this.limit(work, ...args));
  }

  on() {
    return this;
  }

  async stop() {}
}
