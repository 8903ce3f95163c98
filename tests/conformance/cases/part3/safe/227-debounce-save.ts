// pattern: the pending map is swapped before the save; a failed save is merged back under newer edits
export class DraftSaver {
  private pending = new Map<string, string>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly api: { save(edits: [string, string][]): Promise<void> }) {}

  edit(field: string, value: string): void {
    this.pending.set(field, value);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), 500);
  }

  async flush(): Promise<void> {
    const batch = this.pending;
    if (batch.size === 0) return;
    this.pending = new Map();
    try {
      await this.api.save([...batch.entries()]);
    } catch {
      for (const [field, value] of batch) {
        if (!this.pending.has(field)) this.pending.set(field, value);
      }
    }
  }
}
