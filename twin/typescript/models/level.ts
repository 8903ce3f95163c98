// level: a sorted store of keys; a batch is one step.
import { io, kv } from 'krepis:model';

const store = kv('level');

export class Level {
  constructor(location, options) {
    this.prefix = [location];
  }

  at(key) {
    return [...this.prefix, key];
  }

  get(key) {
    return io('level.get', () => {
      if (store.has(this.at(key))) return store.get(this.at(key));
      const error = new Error('Entry not found');
      error.code = 'LEVEL_NOT_FOUND';
      error.notFound = true;
      throw error;
    });
  }

  getMany(keys) {
    return io('level.getMany', () => keys.map((key) => (store.has(this.at(key)) ? store.get(this.at(key)) : undefined)));
  }

  put(key, value) {
    return io('level.put', () => store.set(this.at(key), value));
  }

  del(key) {
    return io('level.del', () => {
      store.delete(this.at(key));
    });
  }

  batch(operations) {
    return io('level.batch', () => {
      for (const { type, key, value } of operations) {
        if (type === 'put') store.set(this.at(key), value);
        else store.delete(this.at(key));
      }
    });
  }

  sublevel(name) {
    const inner = new Level(name);
    inner.prefix = [...this.prefix, name];
    return inner;
  }

  async open() {}

  async close() {}
}
