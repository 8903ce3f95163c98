import { EventEmitter } from 'node:events';

export interface Sale {
  shop: string;
  cents: number;
}

export const sales = new EventEmitter<{ sale: [Sale] }>();
