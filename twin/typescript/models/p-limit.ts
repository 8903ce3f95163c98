// p-limit: at most n at a time, in the order in which they were asked for; nobody holds the permit but the queue.
export const pLimit = (concurrency) => {
  const queue = [];
  let active = 0;
  const width = typeof concurrency === 'number' ? concurrency : concurrency.concurrency;

  const next = () => {
    if (active < width && queue.length > 0) {
      active += 1;
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
        active -= 1;
        next();
      };
      queue.push(run);
      next();
    });

  limit.clearQueue = () => {
    queue.length = 0;
  };
  limit.map = (items, work) => Promise.all(Array.from(items, (item, index) => limit(work, item, index)));
  return limit;
};

export const limitFunction = (work, options) => {
  const limit = pLimit(options.concurrency);
  return (...args) => limit(() => work(...args));
};

export default pLimit;
