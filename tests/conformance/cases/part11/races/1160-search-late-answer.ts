// pattern: a live query view: the answer to an older refresh overwrites the newer one's
import { EventEmitter } from 'node:events';
import axios from 'axios';

export class LiveView extends EventEmitter {
  private query = '';
  private results: string[] = [];
  private seq = 0;

  async search(query: string): Promise<void> {
    this.query = query;
    const { data } = await axios.get<{ hits: string[] }>('https://search.internal', { params: { q: query } });
    this.results = data.hits; // RACE: lost-update
    this.emit('results', this.snapshot());
  }

  snapshot() {
    return { query: this.query, results: this.results };
  }
}

export const view = new LiveView();
