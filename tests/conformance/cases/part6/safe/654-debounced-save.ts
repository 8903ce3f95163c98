export class Draft {
  private dirty = false;
  private text = '';

  constructor(private readonly api: { save(text: string): Promise<void> }) {}

  edit(text: string): void {
    this.text = text;
    this.dirty = true;
  }

  async save(): Promise<void> {
    if (!this.dirty) return;
    this.dirty = false;
    try {
      await this.api.save(this.text);
    } catch (error) {
      this.dirty = true;
      throw error;
    }
  }
}
