// pattern: home-made lock handed over to the first waiter without ever becoming free
import { stepOf } from './steps';

export function createLock() {
  let locked = false;
  const waiters: Array<() => void> = [];
  return {
    async acquire(): Promise<void> {
      if (locked) {
        await new Promise<void>((wake) => waiters.push(wake));
        return;
      }
      locked = true;
    },
    release(): void {
      const next = waiters.shift();
      if (next) next();
      else locked = false;
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
    counters.set(key, current + step);
    return current + step;
  } finally {
    lock.release();
  }
}
