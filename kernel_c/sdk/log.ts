/** The access log: lines are collected and written at most 100 ms later, so a crash loses that much. */

import { closeSync, openSync, writeSync } from 'node:fs';
import type { KrepisRequest } from './request.ts';

const DELAY_MS = 100;
const TEXT_MAX = 65_536;

export class AccessLog {
  readonly #fd: number;
  #text = '';
  #timer: NodeJS.Timeout | undefined;
  #second = 0;
  #time = '';

  constructor(path: string) {
    this.#fd = openSync(path, 'a');
  }

  add(request: KrepisRequest, status: number, length: number): void {
    const now = Date.now();
    if (now - this.#second >= 1000) {
      this.#second = now - (now % 1000);
      this.#time = new Date(this.#second).toISOString();
    }
    this.#text += `${this.#time} ${request.method} ${request.path} ${status} ${length}\n`;
    if (this.#text.length > TEXT_MAX) this.#write();
    else this.#timer ??= setTimeout(() => this.#write(), DELAY_MS);
  }

  close(): void {
    this.#write();
    closeSync(this.#fd);
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#text;
    this.#text = '';
    if (text) writeSync(this.#fd, text);
  }
}
