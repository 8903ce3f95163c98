// pattern: a counter is taken per request; an answer that is not the latest is dropped
interface Hit {
  id: string;
  score: number;
}

export class SearchBox {
  term = '';
  hits: Hit[] = [];
  loading = false;
  private latest = 0;

  constructor(private readonly index: { query(term: string, signal?: AbortSignal): Promise<Hit[]> }) {}

  async search(term: string): Promise<void> {
    const mine = ++this.latest;
    this.term = term;
    this.loading = true;
    try {
      const hits = await this.index.query(term);
      if (mine !== this.latest) return;
      this.hits = hits.filter((hit) => hit.score > 0.2);
    } finally {
      if (mine === this.latest) this.loading = false;
    }
  }
}
