// cloudflare:workers: while a durable object waits for its storage, no other event is delivered to it.
import { unknown } from 'krepis:model';

class Storage {
  constructor() {
    this.kept = new Map();
  }

  async get(key) {
    return this.kept.has(key) ? this.kept.get(key) : unknown('stored', key);
  }

  async put(key, value) {
    this.kept.set(key, value);
  }

  async delete(key) {
    this.kept.set(key, undefined);
  }

  async transaction(work) {
    return work(this);
  }
}

export class DurableObject {
  constructor(ctx, env) {
    this.ctx = {
      storage: new Storage(),
      id: ctx.id,
      waitUntil() {},
      async blockConcurrencyWhile(work) {
        return work();
      },
    };
    this.env = env;
  }
}
