// pattern: Promise.race gives up on the reload but does not stop it; the flag is freed while it still runs
export interface Source {
  page(cursor: string | undefined): Promise<{ docs: string[]; next?: string }>;
}

const timeout = (ms: number) =>
  new Promise<never>((_, reject) => setTimeout(() => reject(new Error(`no answer in ${ms} ms`)), ms));

export class DocIndex {
  private docs: string[] = [];
  private loading = false;

  constructor(private readonly source: Source) {}

  async reload(): Promise<boolean> {
    if (this.loading) return false;
    this.loading = true;
    try {
      await Promise.race([this.load(), timeout(10_000)]); // RACE: order-violation
      return true;
    } finally {
      this.loading = false;
    }
  }

  private async load(): Promise<void> {
    this.docs = [];
    let cursor: string | undefined;
    do {
      const page = await this.source.page(cursor);
      this.docs.push(...page.docs); // RACE: order-violation
      cursor = page.next;
    } while (cursor !== undefined);
  }
}
