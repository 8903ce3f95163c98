// pattern: answers of a search box stored in the order of arrival: an old answer under the new query
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

  constructor(private readonly api: SearchApi) {}

  async onInput(text: string): Promise<void> {
    this.query = text.trim();
    if (this.query === '') {
      this.hits = [];
      return;
    }
    const hits = await this.api.search(this.query);
    this.hits = hits; // RACE: order-violation
  }

  get heading(): string {
    return `${this.hits.length} hits for "${this.query}"`;
  }
}
