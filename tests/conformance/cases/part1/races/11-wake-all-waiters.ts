// pattern: home-made lock wakes every waiter, and a woken waiter does not test the flag again
import { stepOf } from './steps';

export function createLock() {
  let locked = false;
  const waiters: Array<() => void> = [];
  return {
    async acquire(): Promise<void> {
      if (locked) {
        await new Promise<void>((wake) => waiters.push(wake));
      }
      locked = true;
    },
    release(): void {
      locked = false;
      for (const wake of waiters.splice(0)) wake();
    },
  };
}

const lock = createLock();
const counters = new Map<string, number>();

export async function bump(key: string): Promise<number> {
  await lock.acquire();
  try {
    const current = counters.get(key) ?? 0;
    const step = await stepOf(key);
    counters.set(key, current + step); // RACE: lost-update
    return current + step;
  } finally {
    lock.release();
  }
}
