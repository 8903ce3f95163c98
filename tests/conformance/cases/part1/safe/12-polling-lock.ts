// pattern: polling loop on a boolean; the test that ends the loop and the set happen in one tick
import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker, RateFeed } from './market';

interface Book {
  exposure: number;
  hedged: number;
}

const book: Book = { exposure: 0, hedged: 0 };
let locked = false;

export async function hedge(pair: string, amount: number, feed: RateFeed, broker: Broker): Promise<Book> {
  const rate = await feed.latest(pair);
  while (locked) {
    await sleep(25);
  }
  locked = true;
  try {
    const { exposure } = book;
    const filled = await broker.sell(pair, amount, rate);
    book.exposure = exposure + amount - filled;
    book.hedged += filled;
    return { ...book };
  } finally {
    locked = false;
  }
}
