// p-queue: a queue of jobs with a concurrency; priorities, intervals and timeouts are left out.
import { pLimit } from './p-limit';

export default class PQueue {
  constructor(options) {
    this.concurrency = options?.concurrency ?? 1000;
    this.limit = pLimit(this.concurrency);
    this.last = Promise.resolve();
  }

  add(work, options) {
    const result = this.limit(work);
    const before = this.last;
    this.last = (async () => {
      await before;
      try {
        await result;
      } catch {
        // whoever added the job sees it
      }
    })();
    return result;
  }

  get size() {
    return this.limit.pendingCount;
  }

  get pending() {
    return this.limit.activeCount;
  }

  addAll(jobs, options) {
    return Promise.all(jobs.map((job) => this.add(job, options)));
  }

  onIdle() {
    return this.last;
  }

  onEmpty() {
    return this.last;
  }

  start() {
    return this;
  }

  pause() {}

  clear() {}

  on() {
    return this;
  }
}
