/** Streams of events: version n is the n-th event of a stream, and can be written once. */

import type { DatabaseSync } from 'node:sqlite';
import { after, type Cart, type CartEvent, EMPTY } from './cart.ts';

export class Streams {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  events(stream: string): CartEvent[] {
    const rows = this.#db.prepare('SELECT data FROM events WHERE stream = ? ORDER BY version').all(stream);
    return rows.map(({ data }) => JSON.parse(data as string) as CartEvent);
  }

  /** What a stream amounts to, and its version. */
  cart(stream: string): { cart: Cart; version: number } {
    const events = this.events(stream);
    return { cart: events.reduce(after, EMPTY), version: events.length };
  }

  /** Adds an event after the version that was seen; false when another was added meanwhile. */
  append(stream: string, version: number, event: CartEvent): boolean {
    const added = this.#db
      .prepare('INSERT INTO events (stream, version, data) VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
      .run(stream, version + 1, JSON.stringify(event));
    return added.changes > 0;
  }
}
