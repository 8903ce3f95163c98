// pattern: the map is replaced before the await
export class PresenceWriter {
  private pending = new Map<string, { x: number; y: number }>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly store: { saveAll(rows: Array<[string, { x: number; y: number }]>): Promise<void> }) {}

  move(user: string, x: number, y: number): void {
    this.pending.set(user, { x, y });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), 200);
  }

  async flush(): Promise<void> {
    const batch = this.pending;
    if (batch.size === 0) return;
    this.pending = new Map();
    await this.store.saveAll([...batch]);
  }
}
