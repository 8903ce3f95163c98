// pattern: the listener converts first and adds in one step
import { EventEmitter } from 'node:events';
import type { RateApi } from './rates';

export const orders = new EventEmitter();

export class Revenue {
  #total = 0;

  constructor(private readonly rates: RateApi) {
    orders.on('paid', async (cents: number, currency: string) => {
      const eur = await this.rates.convert(cents, currency, 'EUR');
      this.#total += eur;
    });
  }

  get total(): number {
    return this.#total;
  }
}
