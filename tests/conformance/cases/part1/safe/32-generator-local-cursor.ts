// pattern: async generator with a cursor of its own; both imports store the same values under the same keys
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

export class CatalogImport {
  private readonly items = new Map<string, Item>();

  constructor(private readonly api: CatalogApi) {}

  private async *pages(): AsyncGenerator<Page> {
    let cursor: string | null = 'start';
    while (cursor !== null) {
      const page: Page = await this.api.page(cursor);
      cursor = page.next;
      yield page;
    }
  }

  async refresh(): Promise<number> {
    let seen = 0;
    for await (const page of this.pages()) {
      for (const item of page.items) this.items.set(item.id, item);
      seen += page.items.length;
    }
    return seen;
  }
}
