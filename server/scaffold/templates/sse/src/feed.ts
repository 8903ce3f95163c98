/** A feed: the last events, and who waits for the next one. */

export interface FeedEvent {
  readonly id: number;
  readonly text: string;
}

const KEPT = 1000;

export class Feed {
  #events: FeedEvent[] = [];
  #last = 0;
  #news: PromiseWithResolvers<void> = Promise.withResolvers();

  add(text: string): FeedEvent {
    this.#last += 1;
    const event = { id: this.#last, text };
    this.#events.push(event);
    if (this.#events.length > KEPT) this.#events.shift();
    const { resolve } = this.#news;
    this.#news = Promise.withResolvers();
    resolve();
    return event;
  }

  /** The events after `id`, and those to come, until the signal says that nobody listens any more. */
  async *after(id: number, signal: AbortSignal): AsyncGenerator<FeedEvent> {
    const gone = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => gone.resolve(), { once: true });
    let seen = id;
    while (!signal.aborted) {
      const event = this.#events.find((one) => one.id > seen);
      if (event) {
        seen = event.id;
        yield event;
      } else {
        await Promise.race([this.#news.promise, gone.promise]);
      }
    }
  }
}
