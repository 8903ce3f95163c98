type Listener = (results: string[]) => void;

export class SearchBox {
  results: string[] = [];
  private latest = 0;

  constructor(private readonly api: { search(q: string): Promise<string[]> }, private readonly listener: Listener) {}

  async type(query: string): Promise<void> {
    const mine = ++this.latest;
    const results = await this.api.search(query);
    if (mine !== this.latest) return;
    this.results = results;
    this.listener(results);
  }
}
