// async_hooks: what is stored belongs to the call that stored it.
import { unknown } from 'krepis:model';

let made = 0;

export class AsyncLocalStorage {
  constructor() {
    made += 1;
    this.slot = unknown('AsyncLocalStorage', made);
  }

  run(store, work, ...args) {
    const slot = this.slot;
    slot.store = store;
    return work(...args);
  }

  enterWith(store) {
    const slot = this.slot;
    slot.store = store;
  }

  getStore() {
    return this.slot.store;
  }

  exit(work, ...args) {
    return work(...args);
  }

  disable() {}
}

export class AsyncResource {
  static bind(fn) {
    return fn;
  }

  runInAsyncScope(fn, receiver, ...args) {
    return fn.apply(receiver, args);
  }
}
