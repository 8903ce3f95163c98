// events: listeners run synchronously, in order; a listener of a long-lived emitter is an entry point.
import { handler, io, late, unknown } from 'krepis:model';

export class EventEmitter {
  constructor(options) {
    this.listenersOf = new Map<string, Function[]>();
  }

  add(event, listener) {
    this.listenersOf.set(event, [...(this.listenersOf.get(event) ?? []), listener]);
    return this;
  }

  on(event, listener) {
    handler(event, listener);
    return this.add(event, listener);
  }

  addListener(event, listener) {
    return this.on(event, listener);
  }

  prependListener(event, listener) {
    return this.on(event, listener);
  }

  once(event, listener) {
    const wrapped = (...args) => {
      this.off(event, wrapped);
      return listener.apply(this, args);
    };
    wrapped.listener = listener;
    return this.add(event, wrapped);
  }

  off(event, listener) {
    const kept = (this.listenersOf.get(event) ?? []).filter((one) => one !== listener && one.listener !== listener);
    this.listenersOf.set(event, kept);
    return this;
  }

  removeListener(event, listener) {
    return this.off(event, listener);
  }

  removeAllListeners(event) {
    if (event === undefined) this.listenersOf.clear();
    else this.listenersOf.delete(event);
    return this;
  }

  emit(event, ...args) {
    const listeners = this.listenersOf.get(event) ?? [];
    for (const listener of listeners) listener.apply(this, args);
    return listeners.length > 0;
  }

  listeners(event) {
    return this.listenersOf.get(event) ?? [];
  }

  listenerCount(event) {
    return this.listeners(event).length;
  }

  setMaxListeners() {
    return this;
  }
}

const heard = (emitter, event) =>
  new Promise((resolve, reject) => {
    emitter.once(event, (...args) => resolve(args));
    if (event !== 'error') emitter.once('error', reject);
  });

// What an emitter without a body says, the outside world decides.
export const once = (emitter, event) => {
  if (emitter.listenersOf instanceof Map) return heard(emitter, event);
  late(emitter);
  return io('once', () => [unknown('event', emitter, event)]);
};

EventEmitter.once = once;
EventEmitter.EventEmitter = EventEmitter;

export default EventEmitter;
