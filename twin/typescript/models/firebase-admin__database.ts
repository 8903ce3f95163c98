// Realtime Database: a value by path; only a transaction reads and writes it in one step.
import { fresh, io, kv } from 'krepis:model';

const store = kv('firebase');

class Increment {
  constructor(by) {
    this.by = by;
  }
}

export const ServerValue = { increment: (by) => new Increment(by), TIMESTAMP: fresh('timestamp') };

const write = (path, value) => {
  store.set(path, value instanceof Increment ? (store.get(path) ?? 0) + value.by : value);
};

class DataSnapshot {
  constructor(ref, value) {
    this.ref = ref;
    this.key = ref.key;
    this.value = value;
  }

  val() {
    return this.value ?? null;
  }

  exists() {
    return this.val() !== null;
  }
}

export class Reference {
  constructor(path) {
    this.path = path;
    this.key = path;
  }

  child(path) {
    return new Reference(`${this.path}/${path}`);
  }

  push(value) {
    const made = this.child(fresh('key'));
    return value === undefined ? made : made.set(value).then(() => made);
  }

  get() {
    return io('firebase.get', () => new DataSnapshot(this, store.get(this.path)));
  }

  once() {
    return this.get();
  }

  set(value) {
    return io('firebase.set', () => write(this.path, value));
  }

  update(values) {
    return io('firebase.update', () => {
      for (const name of Object.keys(values)) write(`${this.path}/${name}`, values[name]);
    });
  }

  remove() {
    return io('firebase.remove', () => {
      store.delete(this.path);
    });
  }

  transaction(change) {
    return io('firebase.transaction', () => {
      const next = change(store.get(this.path) ?? null);
      if (next !== undefined) store.set(this.path, next);
      return { committed: next !== undefined, snapshot: new DataSnapshot(this, next) };
    });
  }
}

export class Database {
  ref(path) {
    return new Reference(path);
  }
}

export const getDatabase = () => new Database();
