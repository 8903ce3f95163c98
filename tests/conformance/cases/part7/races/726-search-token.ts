// pattern: latest wins forgotten: the term of the newest search beside the hits of an older one
interface Hit {
  id: string;
  score: number;
}

export class SearchBox {
  term = '';
  hits: Hit[] = [];
  loading = false;

  constructor(private readonly index: { query(term: string, signal?: AbortSignal): Promise<Hit[]> }) {}

  async search(term: string): Promise<void> {
    this.term = term;
    this.loading = true;
    const hits = await this.index.query(term);
    this.hits = hits.filter((hit) => hit.score > 0.2); // RACE: order-violation
    this.loading = false;
  }
}
