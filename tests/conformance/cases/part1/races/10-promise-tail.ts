// pattern: home-made queue awaits the tail and only then replaces it: two waiters resume on the same tail
type Task<T> = () => Promise<T>;

class SerialQueue {
  private tail: Promise<unknown> = Promise.resolve();

  async run<T>(task: Task<T>): Promise<T> {
    await this.tail.catch(() => undefined);
    const current = task();
    this.tail = current;
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
      this.revision = revision + 1; // RACE: lost-update
      return this.revision;
    });
  }
}
