// pattern: each search has a sequence number; an answer that is not the latest one is dropped
export interface Hit {
  id: string;
  title: string;
}

export interface SearchApi {
  search(query: string): Promise<Hit[]>;
}

export class SearchBox {
  query = '';
  hits: Hit[] = [];
  private latest = 0;

  constructor(private readonly api: SearchApi) {}

  async onInput(text: string): Promise<void> {
    const ticket = ++this.latest;
    this.query = text.trim();
    if (this.query === '') {
      this.hits = [];
      return;
    }
    const hits = await this.api.search(this.query);
    if (ticket !== this.latest) return;
    this.hits = hits;
  }

  get heading(): string {
    return `${this.hits.length} hits for "${this.query}"`;
  }
}
