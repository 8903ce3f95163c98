// pattern: the same peek, await, shift, but the next round is scheduled only when this one is over
export interface Job {
  id: string;
  payload: unknown;
}

export function startWorker(handle: (job: Job) => Promise<void>, everyMs = 1000) {
  const queue: Job[] = [];
  let stopped = false;
  let timer = setTimeout(round, everyMs);

  async function round(): Promise<void> {
    const job = queue[0];
    if (job) {
      try {
        await handle(job);
      } catch (err) {
        console.error(`job ${job.id} failed`, err);
      }
      queue.shift();
    }
    if (!stopped) timer = setTimeout(round, everyMs);
  }

  return {
    push: (job: Job) => queue.push(job),
    size: () => queue.length,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
