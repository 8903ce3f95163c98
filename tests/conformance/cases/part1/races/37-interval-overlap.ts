// pattern: interval callback peeks at the head, awaits, then shifts: a slow job is handled twice and another one lost
export interface Job {
  id: string;
  payload: unknown;
}

export function startWorker(handle: (job: Job) => Promise<void>, everyMs = 1000) {
  const queue: Job[] = [];

  const timer = setInterval(async () => {
    const job = queue[0];
    if (!job) return;
    try {
      await handle(job);
    } catch (err) {
      console.error(`job ${job.id} failed`, err);
    }
    queue.shift(); // RACE: order-violation
  }, everyMs);

  return {
    push: (job: Job) => queue.push(job),
    size: () => queue.length,
    stop: () => clearInterval(timer),
  };
}
