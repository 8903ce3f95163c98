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
    await this.api.save(this.text);
    this.dirty = false; // RACE: lost-update
  }
}
