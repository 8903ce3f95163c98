// pattern: loader swaps its queue and clears the flag before the await; later loads make the next batch
export interface User {
  id: string;
  name: string;
}

interface Pending {
  id: string;
  resolve: (user: User | undefined) => void;
  reject: (err: unknown) => void;
}

export class UserLoader {
  private queue: Pending[] = [];
  private scheduled = false;

  constructor(private readonly fetchMany: (ids: string[]) => Promise<User[]>) {}

  load(id: string): Promise<User | undefined> {
    return new Promise((resolve, reject) => {
      this.queue.push({ id, resolve, reject });
      if (this.scheduled) return;
      this.scheduled = true;
      setImmediate(() => this.dispatch());
    });
  }

  private async dispatch(): Promise<void> {
    const batch = this.queue;
    this.queue = [];
    this.scheduled = false;
    try {
      const rows = await this.fetchMany(batch.map((p) => p.id));
      const byId = new Map(rows.map((row) => [row.id, row]));
      batch.forEach((p) => p.resolve(byId.get(p.id)));
    } catch (err) {
      batch.forEach((p) => p.reject(err));
    }
  }
}
