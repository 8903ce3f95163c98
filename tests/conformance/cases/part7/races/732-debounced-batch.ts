// pattern: debounced writer: the pending map is sent, then cleared: what came meanwhile is lost
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
    if (this.pending.size === 0) return;
    await this.store.saveAll([...this.pending]);
    this.pending.clear(); // RACE: lost-update
  }
}
