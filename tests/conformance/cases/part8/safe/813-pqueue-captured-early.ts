// pattern: read inside the task
import PQueue from 'p-queue';
import { journal } from './journal';

export class Treasury {
  private readonly queue = new PQueue({ concurrency: 1 });
  private total = 0;

  deposit(cents: number): Promise<number> {
    return this.queue.add(
      async () => {
        const next = this.total + cents;
        await journal.append({ kind: 'deposit', cents });
        this.total = next;
        return next;
      },
      { throwOnTimeout: true },
    );
  }
}

export const treasury = new Treasury();
