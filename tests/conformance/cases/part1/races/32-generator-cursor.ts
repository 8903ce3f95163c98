// pattern: async generator keeps its page cursor in a field, so two imports fetch and insert the same pages
interface Item {
  id: string;
  name: string;
}

interface Page {
  items: Item[];
  next: string | null;
}

export interface CatalogApi {
  page(cursor: string): Promise<Page>;
}

export interface Sink {
  insert(item: Item): Promise<void>;
}

export class CatalogImport {
  private cursor: string | null = 'start';

  constructor(
    private readonly api: CatalogApi,
    private readonly sink: Sink,
  ) {}

  private async *pages(): AsyncGenerator<Page> {
    while (this.cursor !== null) {
      const page = await this.api.page(this.cursor);
      this.cursor = page.next; // RACE: lost-update
      yield page;
    }
  }

  async resume(): Promise<number> {
    let inserted = 0;
    for await (const page of this.pages()) {
      for (const item of page.items) await this.sink.insert(item);
      inserted += page.items.length;
    }
    return inserted;
  }
}
