import { EventEmitter } from 'node:events';

abstract class Store<T> extends EventEmitter {
  protected items: T[] = [];
  private tail: Promise<void> = Promise.resolve();
  protected abstract persist(items: T[]): Promise<void>;

  add(item: T): Promise<void> {
    const run = this.tail.then(async () => {
      const next = [...this.items, item];
      await this.persist(next);
      this.items = next;
      this.emit('added', item);
    });
    this.tail = run.catch(() => undefined);
    return run;
  }
}

export class NoteStore extends Store<string> {
  constructor(private readonly disk: { write(lines: string[]): Promise<void> }) {
    super();
  }

  protected persist(items: string[]): Promise<void> {
    return this.disk.write(items);
  }
}
