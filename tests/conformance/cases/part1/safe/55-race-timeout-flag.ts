// pattern: the caller gives up after a timeout, the flag stays set until the reload itself is over
export interface Source {
  page(cursor: string | undefined): Promise<{ docs: string[]; next?: string }>;
}

const timeout = (ms: number) =>
  new Promise<never>((_, reject) => setTimeout(() => reject(new Error(`no answer in ${ms} ms`)), ms));

export class DocIndex {
  private docs: readonly string[] = [];
  private loading: Promise<void> | undefined;

  constructor(private readonly source: Source) {}

  async reload(): Promise<void> {
    this.loading ??= this.load().finally(() => {
      this.loading = undefined;
    });
    await Promise.race([this.loading, timeout(10_000)]);
  }

  private async load(): Promise<void> {
    const docs: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.source.page(cursor);
      docs.push(...page.docs);
      cursor = page.next;
    } while (cursor !== undefined);
    this.docs = docs;
  }
}
