// pattern: polling loop on a boolean, but another await stands between the test and the set
import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker, RateFeed } from './market';

interface Book {
  exposure: number;
  hedged: number;
}

const book: Book = { exposure: 0, hedged: 0 };
let locked = false;

export async function hedge(pair: string, amount: number, feed: RateFeed, broker: Broker): Promise<Book> {
  while (locked) {
    await sleep(25);
  }
  const rate = await feed.latest(pair);
  locked = true; // RACE: check-then-act
  try {
    const { exposure } = book;
    const filled = await broker.sell(pair, amount, rate);
    book.exposure = exposure + amount - filled; // RACE: lost-update
    book.hedged += filled;
    return { ...book };
  } finally {
    locked = false;
  }
}
