// pattern: the generator gives the mutex back in a finally, which runs when the consumer stops
import { Mutex } from 'async-mutex';
import { pageOf, type Entry } from './storage';

const mutex = new Mutex();

export async function* entries(account: string): AsyncGenerator<Entry> {
  const release = await mutex.acquire();
  try {
    let page = 0;
    for (;;) {
      const batch = await pageOf(account, page++);
      if (batch.length === 0) break;
      yield* batch;
    }
  } finally {
    release();
  }
}
