/** A worker: takes jobs one after the other until it is told to stop. */

import type { Queue } from './queue.ts';
import { WORK } from './work.ts';

const PAUSE_MS = 500;

/** Does one job; false when there is none. */
export async function step(queue: Queue): Promise<boolean> {
  const job = await queue.take();
  if (!job) return false;
  try {
    const work = WORK[job.kind];
    if (!work) throw new Error(`no work of the kind ${job.kind}`);
    await work(job.payload);
  } catch (error) {
    await queue.failed(job, error instanceof Error ? error.message : String(error));
    return true;
  }
  await queue.done(job);
  return true;
}

/** Begins to work; `stop` resolves when the job that it has is done. */
export function work(queue: Queue): { stop(): Promise<void> } {
  const stopped = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let working = Promise.resolve();
  const turn = async (): Promise<void> => {
    let pause = PAUSE_MS;
    try {
      if (await step(queue)) pause = 0;
    } catch (error) {
      console.error(error); // the database is away; it may come back
    }
    if (!stopped.signal.aborted) timer = setTimeout(start, pause);
  };
  const start = (): void => {
    working = turn();
  };
  start();
  return {
    stop: () => {
      stopped.abort();
      clearTimeout(timer);
      return working;
    },
  };
}
