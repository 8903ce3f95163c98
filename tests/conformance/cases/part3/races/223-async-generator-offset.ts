// pattern: async generator over a shared offset field: read before the fetch, advanced after it
export interface Feed {
  fetch(offset: number, limit: number): Promise<string[]>;
}

export class FeedReader {
  private offset = 0;

  constructor(
    private readonly feed: Feed,
    private readonly sink: { insert(rows: string[]): Promise<void> },
  ) {}

  private async *pages(limit: number): AsyncGenerator<string[]> {
    for (;;) {
      const start = this.offset;
      const rows = await this.feed.fetch(start, limit);
      if (rows.length === 0) return;
      this.offset = start + rows.length; // RACE: lost-update
      yield rows;
    }
  }

  async pump(): Promise<void> {
    for await (const rows of this.pages(100)) {
      await this.sink.insert(rows);
    }
  }
}
