// pattern: async generator takes a mutex and gives it back after its loop: a consumer that stops early keeps it for ever
import { Mutex } from 'async-mutex';
import { pageOf, type Entry } from './storage';

const mutex = new Mutex();

export async function* entries(account: string): AsyncGenerator<Entry> {
  const release = await mutex.acquire(); // RACE: lock-leak
  let page = 0;
  for (;;) {
    const batch = await pageOf(account, page++);
    if (batch.length === 0) break;
    yield* batch;
  }
  release();
}
