// pattern: dirty flag cleared after the awaited save: an edit made meanwhile is never saved
export interface DocumentApi {
  save(text: string): Promise<void>;
}

export class AutoSave {
  private text = '';
  private dirty = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly api: DocumentApi,
    private readonly delayMs = 500,
  ) {}

  edit(text: string): void {
    this.text = text;
    this.dirty = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.flush().catch((err) => console.error('autosave', err));
    }, this.delayMs);
  }

  async flush(): Promise<void> {
    if (!this.dirty) return;
    await this.api.save(this.text);
    this.dirty = false; // RACE: lost-update
  }
}
