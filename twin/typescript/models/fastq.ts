// fastq: a queue of tasks for one worker function, with a concurrency; with callbacks, or with promises.
import { pLimit } from './p-limit';

const queueOf = (context, worker, concurrency) => {
  const given = typeof context === 'function';
  const run = given ? context : worker;
  const self = given ? null : context;
  const limit = pLimit(given ? worker : concurrency);
  return { limit, run: (task) => limit(() => run.call(self, task)), worker: run, self };
};

const rest = (limit) => ({
  length: () => limit.pendingCount,
  running: () => limit.activeCount,
  idle: () => limit.activeCount === 0 && limit.pendingCount === 0,
  pause() {},
  resume() {},
  kill: () => limit.clearQueue(),
});

export const promise = (context, worker, concurrency) => {
  const { limit, run } = queueOf(context, worker, concurrency);
  let last = Promise.resolve();
  const push = (task) => {
    const result = run(task);
    last = Promise.allSettled([last, result]);
    return result;
  };
  return { ...rest(limit), push, unshift: push, drained: () => last };
};

const fastq = (context, worker, concurrency) => {
  const { limit, worker: run, self } = queueOf(context, worker, concurrency);
  const push = (task, done) => {
    void limit(
      () =>
        new Promise((resolve) => {
          run.call(self, task, (error, result) => {
            resolve(undefined);
            done?.(error, result);
          });
        }),
    );
  };
  return { ...rest(limit), push, unshift: push };
};

fastq.promise = promise;

export default fastq;
