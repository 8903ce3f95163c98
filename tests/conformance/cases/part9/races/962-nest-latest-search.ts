// pattern: answers of a search are stored as they come: an old answer beside the query of a newer one
import { Injectable } from '@nestjs/common';
import { Catalogue, type Hit } from './catalogue';

@Injectable()
export class SearchPanel {
  private query = '';
  private hits: readonly Hit[] = [];

  constructor(private readonly catalogue: Catalogue) {}

  async search(query: string): Promise<void> {
    this.query = query;
    const hits = await this.catalogue.find(query);
    this.hits = hits; // RACE: order-violation
  }

  view() {
    return { query: this.query, hits: this.hits };
  }
}
