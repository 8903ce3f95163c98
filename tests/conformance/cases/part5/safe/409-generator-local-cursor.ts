import type { Api, Page } from './api';

export class AuditFeed {
  constructor(private readonly api: Api) {}

  private async *pages(): AsyncGenerator<Page> {
    let cursor: string | null = null;
    do {
      const page: Page = await this.api.events(cursor);
      yield page;
      cursor = page.next;
    } while (cursor !== null);
  }

  async drain(sink: (ids: string[]) => Promise<void>): Promise<number> {
    let seen = 0;
    for await (const page of this.pages()) {
      await sink(page.events.map((event) => event.id));
      seen += page.events.length;
    }
    return seen;
  }
}
