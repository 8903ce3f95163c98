export class Exporter {
  private busy = false;

  constructor(private readonly api: { rows(): Promise<string[]> }, private readonly out: { write(s: string): Promise<void> }) {}

  async export(): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true; // RACE: lock-leak
    const rows = await this.api.rows();
    for (const row of rows) await this.out.write(row);
    this.busy = false;
    return true;
  }
}
