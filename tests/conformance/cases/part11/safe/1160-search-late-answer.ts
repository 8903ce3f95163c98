// pattern: an answer counts only when its sequence number is the latest
import { EventEmitter } from 'node:events';
import axios from 'axios';

export class LiveView extends EventEmitter {
  private query = '';
  private results: string[] = [];
  private seq = 0;

  async search(query: string): Promise<void> {
    const mine = ++this.seq;
    this.query = query;
    const { data } = await axios.get<{ hits: string[] }>('https://search.internal', { params: { q: query } });
    if (mine !== this.seq) return;
    this.results = data.hits;
    this.emit('results', this.snapshot());
  }

  snapshot() {
    return { query: this.query, results: this.results };
  }
}

export const view = new LiveView();
