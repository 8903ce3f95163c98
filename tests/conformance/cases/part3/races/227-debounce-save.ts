// pattern: pending edits cleared after the awaited save: edits made during the save are dropped
export class DraftSaver {
  private pending = new Map<string, string>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly api: { save(edits: [string, string][]): Promise<void> }) {}

  edit(field: string, value: string): void {
    this.pending.set(field, value);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), 500);
  }

  async flush(): Promise<void> {
    if (this.pending.size === 0) return;
    await this.api.save([...this.pending.entries()]);
    this.pending.clear(); // RACE: lost-update
  }
}
