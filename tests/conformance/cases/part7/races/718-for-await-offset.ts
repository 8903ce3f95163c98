// pattern: several for-await loops over one feed share a committed offset that is copied before the await
interface Batch {
  records: unknown[];
}

export class Pump {
  committed = 0;

  constructor(
    private readonly feed: AsyncIterable<Batch>,
    private readonly sink: { write(records: unknown[]): Promise<void> },
  ) {}

  private async drain(): Promise<void> {
    for await (const batch of this.feed) {
      const from = this.committed;
      await this.sink.write(batch.records);
      this.committed = from + batch.records.length; // RACE: lost-update
    }
  }

  async run(): Promise<number> {
    await Promise.all([this.drain(), this.drain(), this.drain()]);
    return this.committed;
  }
}
