import { EventEmitter } from 'node:events';

abstract class Store<T> extends EventEmitter {
  protected items: T[] = [];
  protected abstract persist(items: T[]): Promise<void>;

  async add(item: T): Promise<void> {
    const next = [...this.items, item];
    await this.persist(next);
    this.items = next; // RACE: lost-update
    this.emit('added', item);
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
