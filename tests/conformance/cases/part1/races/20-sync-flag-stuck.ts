// pattern: busy flag cleared on the good path only; one rejected pull stops every later sync
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
    this.syncing = true; // RACE: lock-leak
    const changes = await this.remote.pull(this.cursor);
    for (const change of changes) {
      this.applied.push(change);
      this.cursor = Math.max(this.cursor, change.at);
    }
    this.syncing = false;
  }
}
