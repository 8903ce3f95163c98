/** Requests as handlers see them: numbers that point into the kernel's memory, decoded when something is read. */

import {
  addon,
  BodyFlag,
  type Kernel,
  METHODS,
  type Memory,
  Meta,
  OVER_TLS,
  Row,
  type Watcher,
} from './kernel.ts';
import { HttpError } from './reply.ts';
import { streamOf, Upload } from './upload.ts';

/** The parameters of a path pattern: `/users/:id/files/*rest` has `id` and `rest`. */
export type Params<Path extends string> = Path extends `${infer Head}/${infer Tail}`
  ? Segment<Head> & Params<Tail>
  : Segment<Path>;
type Segment<Part extends string> = Part extends `:${infer Name}` | `*${infer Name}`
  ? { readonly [key in Name]: string }
  : unknown;

/** How a request is answered; the numbers are the kernel's. */
export interface Key {
  readonly connection: number;
  readonly generation: number;
  readonly sequence: number;
}

/**
 * One request. It is good while its handler runs, and as long as the promise that the handler returned is pending;
 * kept any longer it throws when it is read, since its memory belongs to other requests by then.
 */
export class KrepisRequest<Path extends string = string, Valid = undefined> {
  #memory: Memory;
  #rows: Int32Array;
  #at: number;
  readonly #epoch: number;
  readonly #kernel: Kernel;
  readonly #names: readonly string[];
  #params: Params<Path> | undefined;
  #controller: AbortController | undefined;
  #watcher: Watcher | undefined;
  #mourners: (() => void)[] = [];
  /** @internal Set when it is answered: nothing has to be kept for it any more. */
  settled = false;
  /** @internal When it was handed over, by `performance.now()`; 0 when nothing is logged. */
  started = 0;
  #head: string | undefined;
  #upload: Upload | undefined;
  #body: ReadableStream<Uint8Array> | undefined;
  /** What came out of the checks of the route. */
  readonly valid = undefined as Valid;

  constructor(
    kernel: Kernel,
    at: number,
    names: readonly string[],
    memory = kernel.memory,
    rows = kernel.rows,
  ) {
    this.#kernel = kernel;
    this.#memory = memory;
    this.#rows = rows;
    this.#at = at;
    this.#epoch = kernel.meta[Meta.EPOCH] as number;
    this.#names = names;
  }

  /** A number of the row, when the row is still this request's. */
  #word(index: number): number {
    if (this.#epoch !== this.#kernel.meta[Meta.EPOCH] && this.#memory === this.#kernel.memory) {
      throw new Error('this request is over: its handler returned, and its promise is settled');
    }
    return this.#rows[this.#at + index] as number;
  }

  #text(at: number, length: number): string {
    const start = this.#word(Row.BASE) + at;
    return this.#memory.latin1Slice(start, start + length);
  }

  get method(): string {
    return METHODS[this.#word(Row.METHOD)] ?? this.#text(this.#word(Row.LINE), this.#word(Row.METHOD_LENGTH));
  }

  /** The path as it was sent, percent-encoded. */
  /** Whether it came over TLS. */
  get secure(): boolean {
    return (this.#word(Row.FLAGS) & OVER_TLS) !== 0;
  }

  get path(): string {
    return this.#text(this.#word(Row.PATH), this.#word(Row.PATH_LENGTH)) || '/';
  }

  /** What follows the question mark, as it was sent. */
  get search(): string {
    return this.#text(this.#word(Row.PATH) + this.#word(Row.PATH_LENGTH) + 1, this.#word(Row.QUERY_LENGTH));
  }

  get query(): URLSearchParams {
    return new URLSearchParams(this.search);
  }

  /** The parameters of the path, decoded. A malformed encoding is the client's fault: 400. */
  get params(): Params<Path> {
    if (this.#params !== undefined) return this.#params;
    const params: Record<string, string> = {};
    const base = this.#word(Row.BASE);
    for (let i = 0; i < this.#names.length; i++) {
      const start = base + this.#word(Row.PARAMS + 2 * i);
      const raw = this.#memory.latin1Slice(start, start + this.#word(Row.PARAMS + 2 * i + 1));
      params[this.#names[i] as string] = raw.includes('%') ? decoded(raw) : raw;
    }
    this.#params = params as Params<Path>;
    return this.#params;
  }

  get #fields(): string {
    if (this.#head === undefined) {
      const start = this.#word(Row.FIELDS);
      this.#head = `\r\n${this.#text(start, this.#word(Row.HEAD_LENGTH) - start - 2)}`;
    }
    return this.#head;
  }

  /** The value of a header, whatever the case of its name; several lines are joined as RFC 9110 section 5.3 says. */
  header(name: string): string | undefined {
    const fields = this.#fields;
    const lower = fields.toLowerCase();
    const wanted = `\r\n${name.toLowerCase()}:`;
    let value: string | undefined;
    for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, at + 1)) {
      const start = at + wanted.length;
      const one = trimmed(fields.slice(start, fields.indexOf('\r\n', start)));
      value = value === undefined ? one : `${value}${wanted === '\r\ncookie:' ? '; ' : ', '}${one}`;
    }
    return value;
  }

  /** The cookies of the request, decoded where they are percent-encoded. The first of a name counts. */
  get cookies(): Readonly<Record<string, string>> {
    const cookies: Record<string, string> = Object.create(null);
    for (const pair of (this.header('cookie') ?? '').split(';')) {
      const equals = pair.indexOf('=');
      const name = pair.slice(0, equals).trim();
      if (equals < 0 || name in cookies) continue;
      const value = pair.slice(equals + 1).trim();
      cookies[name] = value.includes('%') ? cookieDecoded(value) : value;
    }
    return cookies;
  }

  /** All headers, names in lower case, in the order in which they were sent. */
  headerLines(): [name: string, value: string][] {
    const raw = this.rawHeaders();
    return Array.from({ length: raw.length / 2 }, (_, i) => [
      (raw[2 * i] as string).toLowerCase(),
      raw[2 * i + 1] as string,
    ]);
  }

  /** Names as they were sent and values, in turn. */
  rawHeaders(): string[] {
    const raw: string[] = [];
    for (const line of this.#fields.split('\r\n')) {
      const colon = line.indexOf(':');
      if (colon > 0) raw.push(line.slice(0, colon), trimmed(line.slice(colon + 1)));
    }
    return raw;
  }

  get headers(): Headers {
    return new Headers(this.headerLines());
  }

  /**
   * The body in pieces, `for await (const piece of request.body)`, of a route with `{ stream: true }`: each is read from
   * the client when it is asked for. Of other routes it is one piece.
   */
  get body(): ReadableStream<Uint8Array> {
    if (this.#body === undefined) {
      const upload = this.upload;
      let whole = upload === undefined && this.bodyLength > 0 ? this.bytes() : undefined;
      const next = async (): Promise<Uint8Array | undefined> => {
        const piece = whole;
        whole = undefined;
        return piece;
      };
      this.#body = upload
        ? streamOf(
            () => upload.next(),
            () => upload.end(),
          )
        : streamOf(next, () => {});
    }
    return this.#body;
  }

  /** @internal What brings the body, when that comes in pieces. */
  get upload(): Upload | undefined {
    if (this.#upload === undefined && this.#word(Row.FLAGS) & BodyFlag.COMES)
      this.#upload = new Upload(this.#kernel, this.key);
    return this.#upload;
  }

  /** Where the body begins, when it is there. */
  #start(): number {
    if (this.#word(Row.FLAGS) & BodyFlag.COMES)
      throw new Error('the body comes in pieces: read request.body, or register the route without stream');
    return this.#word(Row.BASE) + this.#word(Row.BODY);
  }

  /** A copy of the body. */
  bytes(): Uint8Array {
    const start = this.#start();
    return Uint8Array.prototype.slice.call(this.#memory, start, start + this.#word(Row.BODY_LENGTH));
  }

  text(): string {
    const start = this.#start();
    return this.#memory.utf8Slice(start, start + this.#word(Row.BODY_LENGTH));
  }

  /** Aborted when the client is gone before it was answered. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController();
      this.#controller = controller;
      this.whenGone(() => controller.abort());
    }
    return this.#controller.signal;
  }

  /** @internal The same without a signal. */
  whenGone(act: () => void): void {
    this.#mourners.push(act);
    if (this.#watcher !== undefined) return;
    const hear = (gone: boolean): void => {
      if (gone) this.mourn();
    };
    this.#watcher = { ...this.key, hear };
    this.#kernel.watch(this.#watcher);
  }

  /** @internal Ends the connection without an answer. */
  abort(): void {
    const { connection, generation, sequence } = this.key;
    addon.abort(this.#kernel.handle, connection, generation, sequence);
  }

  /** @internal Hears once when the connection is gone. */
  follow(hear: () => void): void {
    const { connection, generation } = this.key;
    const watcher: Watcher = {
      connection,
      generation,
      hear: (gone) => {
        if (!gone) return;
        this.#kernel.unwatch(watcher);
        hear();
      },
    };
    if (addon.follow(this.#kernel.handle, connection, generation) === 0) this.#kernel.watch(watcher);
    else hear();
  }

  /** @internal Gives address and port of the client, or of our own end, while the connection is there. */
  addresses(): (own: boolean) => [string, number] | undefined {
    const { connection, generation } = this.key;
    return (own) => addon.address(this.#kernel.handle, connection, generation, own);
  }

  /** @internal The target as it was sent, and the minor version of HTTP. */
  get target(): [string, number] {
    const start = this.#word(Row.LINE) + this.#word(Row.METHOD_LENGTH) + 1;
    const line = this.#text(start, this.#word(Row.FIELDS) - start);
    const end = line.length - ' HTTP/1.1\r\n'.length;
    return [line.slice(0, end), line.charCodeAt(end + 8) - 48];
  }

  /** @internal */
  get bodyLength(): number {
    return this.#word(Row.BODY_LENGTH);
  }

  /** The body as JSON; malformed JSON is the client's fault: 400. */
  json(): unknown {
    const text = this.text();
    try {
      return JSON.parse(text);
    } catch {
      throw new HttpError(400, 'malformed JSON');
    }
  }

  /** @internal */
  get key(): Key {
    return {
      connection: this.#word(Row.CONNECTION),
      generation: this.#word(Row.GENERATION),
      sequence: this.#word(Row.SEQUENCE),
    };
  }

  /** @internal It is answered. */
  settle(): void {
    this.settled = true;
    this.#upload?.end();
    if (this.#watcher !== undefined) this.#kernel.unwatch(this.#watcher);
  }

  /** @internal A copy of what the request consists of: of its row, and its bytes. */
  copy(): { rows: Int32Array; bytes: Uint8Array<ArrayBuffer> } {
    const base = this.#word(Row.BASE);
    const length = this.#word(Row.BODY) + this.#word(Row.BODY_LENGTH);
    const rows = this.#rows.slice(this.#at, this.#at + Row.WORDS);
    rows[Row.BASE] = 0;
    return { rows, bytes: Uint8Array.from(this.#memory.subarray(base, base + length)) };
  }

  /** @internal The client is gone, says another thread. */
  mourn(): void {
    for (const one of this.#mourners) one();
  }

  /** @internal Copies what the request consists of, so that it can be read in later ticks. */
  keep(): void {
    if (this.#memory !== this.#kernel.memory) return;
    const { rows, bytes } = this.copy();
    this.#memory = Buffer.from(bytes.buffer) as Memory;
    this.#rows = rows;
    this.#at = 0;
  }
}

function decoded(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    throw new HttpError(400, 'malformed percent-encoding');
  }
}

function cookieDecoded(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
}

/** Without the spaces and tabs around it. */
function trimmed(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isBlank(value.charCodeAt(start))) start++;
  while (end > start && isBlank(value.charCodeAt(end - 1))) end--;
  return value.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
