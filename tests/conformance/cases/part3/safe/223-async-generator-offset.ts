// pattern: the offset belongs to the generator and one pump runs at a time
export interface Feed {
  fetch(offset: number, limit: number): Promise<string[]>;
}

export class FeedReader {
  private pumping: Promise<void> | undefined;
  private seen = 0;

  constructor(
    private readonly feed: Feed,
    private readonly sink: { insert(rows: string[]): Promise<void> },
  ) {}

  private async *pages(from: number, limit: number): AsyncGenerator<string[]> {
    let offset = from;
    for (;;) {
      const rows = await this.feed.fetch(offset, limit);
      if (rows.length === 0) return;
      offset += rows.length;
      yield rows;
    }
  }

  pump(): Promise<void> {
    this.pumping ??= this.run().finally(() => {
      this.pumping = undefined;
    });
    return this.pumping;
  }

  private async run(): Promise<void> {
    for await (const rows of this.pages(this.seen, 100)) {
      await this.sink.insert(rows);
      this.seen += rows.length;
    }
  }
}
