// pattern: a semaphore written by hand gives its permit back at once and wakes the next one a tick later, when somebody else may have taken it
import { request } from 'undici';

export class Limiter {
  private free: number;
  private readonly waiting: Array<() => void> = [];

  constructor(size: number) {
    this.free = size;
  }

  async enter(): Promise<void> {
    if (this.free === 0) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    this.free--;
  }

  leave(): void {
    this.free++;
    const next = this.waiting.shift();
    if (next) setImmediate(next);
  }
}

const slots = new Limiter(1);
let balance = 0;

export async function topUp(amount: number): Promise<number> {
  await slots.enter();
  try {
    const before = balance;
    const { body } = await request('https://bank.internal/collect', { method: 'POST', body: JSON.stringify({ amount }) });
    const { collected } = (await body.json()) as { collected: number };
    balance = before + collected; // RACE: lost-update
    return balance;
  } finally {
    slots.leave();
  }
}
