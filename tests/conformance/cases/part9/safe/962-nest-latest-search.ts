// pattern: an answer is stored only when it belongs to the newest request
import { Injectable } from '@nestjs/common';
import { Catalogue, type Hit } from './catalogue';

@Injectable()
export class SearchPanel {
  private latest = 0;
  private query = '';
  private hits: readonly Hit[] = [];

  constructor(private readonly catalogue: Catalogue) {}

  async search(query: string): Promise<void> {
    const mine = ++this.latest;
    this.query = query;
    const hits = await this.catalogue.find(query);
    if (mine !== this.latest) return;
    this.hits = hits;
  }

  view() {
    return { query: this.query, hits: this.hits };
  }
}
