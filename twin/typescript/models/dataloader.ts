// dataloader: keys of one tick are loaded together and remembered by the loader.
export default class DataLoader {
  constructor(batch, options) {
    this.batch = batch;
    this.cached = options?.cache !== false;
    this.cache = new Map<string, Promise<unknown>>();
    this.queue = [];
  }

  load(key) {
    if (this.cached && this.cache.has(key)) return this.cache.get(key);
    const result = new Promise((resolve, reject) => {
      this.queue.push({ key, resolve, reject });
      if (this.queue.length === 1) process.nextTick(() => this.dispatch());
    });
    if (this.cached) this.cache.set(key, result);
    return result;
  }

  async dispatch() {
    const waiting = this.queue;
    this.queue = [];
    try {
      const values = await this.batch(waiting.map(({ key }) => key));
      waiting.forEach(({ resolve }, index) => resolve(values[index]));
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }

  loadMany(keys) {
    return Promise.all(keys.map((key) => this.load(key)));
  }

  clear(key) {
    this.cache.delete(key);
    return this;
  }

  clearAll() {
    this.cache.clear();
    return this;
  }

  prime(key, value) {
    if (!this.cache.has(key)) this.cache.set(key, Promise.resolve(value));
    return this;
  }
}
