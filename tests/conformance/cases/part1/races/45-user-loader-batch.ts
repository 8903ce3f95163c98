// pattern: loader matches rows by index against a queue that has grown during the await, then empties it
export interface User {
  id: string;
  name: string;
}

interface Pending {
  id: string;
  resolve: (user: User | undefined) => void;
}

export class UserLoader {
  private queue: Pending[] = [];
  private scheduled = false;

  constructor(private readonly fetchMany: (ids: string[]) => Promise<User[]>) {}

  load(id: string): Promise<User | undefined> {
    return new Promise((resolve) => {
      this.queue.push({ id, resolve });
      if (this.scheduled) return;
      this.scheduled = true;
      setImmediate(() => this.dispatch());
    });
  }

  private async dispatch(): Promise<void> {
    const rows = await this.fetchMany(this.queue.map((p) => p.id));
    this.queue.forEach((p, i) => p.resolve(rows[i])); // RACE: stale-read
    this.queue = []; // RACE: lost-update
    this.scheduled = false;
  }
}
