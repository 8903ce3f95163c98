// p-limit: at most n at a time, in the order in which they were asked for; nobody holds the permit but the queue.
import { around } from 'krepis:model';

export const pLimit = (concurrency) => {
  const queue = [];
  const running = [];
  const width = typeof concurrency === 'number' ? concurrency : concurrency.concurrency;

  const next = () => {
    if (running.length < width && queue.length > 0) {
      running.push(true);
      queue.shift()();
    }
  };

  const limit = (work, ...args) =>
    new Promise((resolve) => {
      const run = async () => {
        const result = (async () => work(...args))();
        resolve(result);
        try {
          await result;
        } catch {
          // the caller sees it
        }
        running.pop();
        next();
      };
      queue.push(run);
      next();
    });

  Object.defineProperty(limit, 'activeCount', { get: () => running.length });
  Object.defineProperty(limit, 'pendingCount', { get: () => queue.length });
  Object.defineProperty(limit, 'concurrency', { get: () => width });
  limit.clearQueue = () => {
    queue.length = 0;
  };
  limit.map = (items, work) => Promise.all(Array.from(items, (item, index) => limit(work, item, index)));
  return limit;
};

export const limitFunction = (work, options) => {
  const limit = pLimit(options.concurrency);
  return around(work, (...args) => limit(() => work(...args)));
};

export default pLimit;
