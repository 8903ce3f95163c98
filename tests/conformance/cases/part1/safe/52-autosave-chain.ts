// pattern: dirty flag cleared before the save, set again when it fails; saves run one after the other
export interface DocumentApi {
  save(text: string): Promise<void>;
}

export class AutoSave {
  private text = '';
  private dirty = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private tail: Promise<void> = Promise.resolve();

  constructor(
    private readonly api: DocumentApi,
    private readonly delayMs = 500,
  ) {}

  edit(text: string): void {
    this.text = text;
    this.dirty = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.tail = this.tail.then(() => this.flush());
    }, this.delayMs);
  }

  private async flush(): Promise<void> {
    if (!this.dirty) return;
    this.dirty = false;
    try {
      await this.api.save(this.text);
    } catch (err) {
      this.dirty = true;
      console.error('autosave', err);
    }
  }
}
