interface Feed { since(cursor: number): Promise<{ cursor: number; items: string[] }> }

export class Poller {
  private cursor = 0;
  readonly items: string[] = [];
  private timer?: NodeJS.Timeout;

  constructor(private readonly feed: Feed) {}

  start(): void {
    this.timer = setInterval(() => {
      void this.poll();
    }, 1000);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async poll(): Promise<void> {
    const page = await this.feed.since(this.cursor);
    this.items.push(...page.items);
    this.cursor = page.cursor; // RACE: lost-update
  }
}
