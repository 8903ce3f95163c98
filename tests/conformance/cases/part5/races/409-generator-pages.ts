import type { Api, Page } from './api';

export class AuditFeed {
  private cursor: string | null = null;

  constructor(private readonly api: Api) {}

  private async *pages(): AsyncGenerator<Page> {
    for (;;) {
      const page = await this.api.events(this.cursor);
      yield page;
      this.cursor = page.next; // RACE: lost-update
      if (page.next === null) return;
    }
  }

  async drain(sink: (ids: string[]) => Promise<void>): Promise<void> {
    for await (const page of this.pages()) {
      await sink(page.events.map((event) => event.id));
    }
  }
}
