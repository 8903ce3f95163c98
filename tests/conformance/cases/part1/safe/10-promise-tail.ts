// pattern: the tail is replaced in the same tick as it is read; a failed task does not stop the queue
type Task<T> = () => Promise<T>;

class SerialQueue {
  private tail: Promise<unknown> = Promise.resolve();

  run<T>(task: Task<T>): Promise<T> {
    const current = this.tail.then(task, task);
    this.tail = current.catch(() => undefined);
    return current;
  }
}

export interface SettingsStore {
  load(): Promise<Record<string, string>>;
  save(settings: Record<string, string>): Promise<void>;
}

export class SettingsService {
  private readonly queue = new SerialQueue();
  private revision = 0;

  constructor(private readonly store: SettingsStore) {}

  set(key: string, value: string): Promise<number> {
    return this.queue.run(async () => {
      const revision = this.revision;
      const settings = await this.store.load();
      await this.store.save({ ...settings, [key]: value });
      this.revision = revision + 1;
      return this.revision;
    });
  }
}
