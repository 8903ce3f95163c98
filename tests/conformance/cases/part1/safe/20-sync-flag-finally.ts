// pattern: busy flag cleared in finally, so a rejected pull only skips one round
interface Change {
  id: string;
  at: number;
}

interface Remote {
  pull(since: number): Promise<Change[]>;
}

export class SyncEngine {
  private syncing = false;
  private cursor = 0;
  readonly applied: Change[] = [];

  constructor(private readonly remote: Remote) {}

  start(everyMs: number): NodeJS.Timeout {
    return setInterval(() => {
      this.syncOnce().catch((err) => console.error('sync failed', err));
    }, everyMs);
  }

  async syncOnce(): Promise<void> {
    if (this.syncing) return;
    this.syncing = true;
    try {
      const changes = await this.remote.pull(this.cursor);
      for (const change of changes) {
        this.applied.push(change);
        this.cursor = Math.max(this.cursor, change.at);
      }
    } finally {
      this.syncing = false;
    }
  }
}
