// pattern: EventEmitter with an async listener that adds after a conversion on a copied total
import { EventEmitter } from 'node:events';
import type { RateApi } from './rates';

export const orders = new EventEmitter();

export class Revenue {
  #total = 0;

  constructor(private readonly rates: RateApi) {
    orders.on('paid', async (cents: number, currency: string) => {
      const before = this.#total;
      const eur = await this.rates.convert(cents, currency, 'EUR');
      this.#total = before + eur; // RACE: lost-update
    });
  }

  get total(): number {
    return this.#total;
  }
}
