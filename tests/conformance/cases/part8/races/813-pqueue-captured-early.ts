// pattern: p-queue with concurrency 1, but the total is read when the task is added
import PQueue from 'p-queue';
import { journal } from './journal';

export class Treasury {
  private readonly queue = new PQueue({ concurrency: 1 });
  private total = 0;

  deposit(cents: number): Promise<number> {
    const next = this.total + cents;
    return this.queue.add(
      async () => {
        await journal.append({ kind: 'deposit', cents });
        this.total = next; // RACE: lost-update
        return next;
      },
      { throwOnTimeout: true },
    );
  }
}

export const treasury = new Treasury();
