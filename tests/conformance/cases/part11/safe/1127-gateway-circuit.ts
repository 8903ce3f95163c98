// pattern: the permit is handed over to the one who is woken
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
      return;
    }
    this.free--;
  }

  leave(): void {
    const next = this.waiting.shift();
    if (next) setImmediate(next);
    else this.free++;
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
    balance = before + collected;
    return balance;
  } finally {
    slots.leave();
  }
}
