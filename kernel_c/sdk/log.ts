/** Logs of answers: lines are collected and written at most 100 ms later, so a crash loses that much. */

import { closeSync, openSync, writeSync } from 'node:fs';
import type { KrepisRequest } from './request.ts';

const DELAY_MS = 100;
const TEXT_MAX = 65_536;

/** What is written of an answer. `time` is ISO 8601 to the second, `length` that of the body in characters. */
export interface Entry {
  readonly time: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly length: number;
  readonly tookMs: number;
}

export interface Log {
  add(request: KrepisRequest, status: number, length: number): void;
  close(): void;
}

export class LineLog implements Log {
  readonly #write: (text: string) => void;
  readonly #line: (entry: Entry) => string;
  #text = '';
  #timer: NodeJS.Timeout | undefined;
  #second = 0;
  #time = '';

  constructor(write: (text: string) => void, line: (entry: Entry) => string) {
    this.#write = write;
    this.#line = line;
  }

  add(request: KrepisRequest, status: number, length: number): void {
    const { method, path } = request;
    this.put(method, path, status, length, performance.now() - request.started);
  }

  put(method: string, path: string, status: number, length: number, tookMs: number): void {
    const now = Date.now();
    if (now - this.#second >= 1000) {
      this.#second = now - (now % 1000);
      this.#time = new Date(this.#second).toISOString();
    }
    this.#text += this.#line({ time: this.#time, method, path, status, length, tookMs });
    if (this.#text.length > TEXT_MAX) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), DELAY_MS);
  }

  close(): void {
    this.flush();
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#text;
    this.#text = '';
    if (text) this.#write(text);
  }
}

/** The access log of an application in a file. */
export function accessLog(path: string): Log {
  const fd = openSync(path, 'a');
  const log = new LineLog(
    (text) => writeSync(fd, text),
    ({ time, method, path, status, length }) => `${time} ${method} ${path} ${status} ${length}\n`,
  );
  return {
    add: (request, status, length) => log.add(request, status, length),
    close: () => {
      log.close();
      closeSync(fd);
    },
  };
}

export function both(one: Log, other: Log): Log {
  return {
    add: (request, status, length) => {
      one.add(request, status, length);
      other.add(request, status, length);
    },
    close: () => {
      one.close();
      other.close();
    },
  };
}
