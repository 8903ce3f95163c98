/** Quotes, from the cache where it has them. In a process, the same quote is fetched once at a time. */

import type { Store } from './store.ts';

export interface Quote {
  readonly symbol: string;
  readonly cents: number;
}
export type Source = (symbol: string) => Promise<Quote>;

const FRESH_S = 60;

export class Quotes {
  readonly #store: Store;
  readonly #source: Source;
  readonly #pending = new Map<string, Promise<Quote>>();

  constructor(store: Store, source: Source) {
    this.#store = store;
    this.#source = source;
  }

  get(symbol: string): Promise<Quote> {
    let pending = this.#pending.get(symbol);
    if (!pending) {
      pending = this.#fetch(symbol).finally(() => this.#pending.delete(symbol));
      this.#pending.set(symbol, pending);
    }
    return pending;
  }

  async #fetch(symbol: string): Promise<Quote> {
    const kept = await this.#store.get(`quote:${symbol}`);
    if (kept !== undefined) return JSON.parse(kept) as Quote;
    const quote = await this.#source(symbol);
    await this.#store.set(`quote:${symbol}`, JSON.stringify(quote), FRESH_S);
    return quote;
  }
}
