// pattern: added after the await
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
      await this.sink.write(batch.records);
      this.committed += batch.records.length;
    }
  }

  async run(): Promise<number> {
    await Promise.all([this.drain(), this.drain(), this.drain()]);
    return this.committed;
  }
}
