/**
 * Requests and responses with the interface of `node:http`, over requests of the kernel.
 *
 * Both are Node's classes with another way out: what reads and what sets headers is Node's own code. They may have
 * their prototypes replaced, as Express does, so methods look whether the object is one of these (`#exchange in this`).
 */

import http, { type IncomingMessage, type OutgoingHttpHeader, type OutgoingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { type Answer, type Pieces, Reply } from '../reply.ts';
import type { KrepisRequest } from '../request.ts';
import { OVER, type Upload } from '../upload.ts';
import { Connection } from './connection.ts';

const HIGH_BYTES = 65_536;

export class Incoming extends http.IncomingMessage {
  readonly #request: true = true;
  #body: Buffer | undefined;
  readonly #upload: Upload | undefined;

  constructor(connection: Connection, request: KrepisRequest) {
    super(connection as unknown as Socket);
    const [target, minor] = request.target;
    this.method = request.method;
    this.url = target;
    this.httpVersion = `1.${minor}`;
    this.httpVersionMajor = 1;
    this.httpVersionMinor = minor;
    const raw = request.rawHeaders();
    (this as unknown as { _addHeaderLines(lines: string[], count: number): void })._addHeaderLines(
      raw,
      raw.length,
    );
    this.#upload = request.upload;
    this.complete = this.#upload === undefined;
    if (request.bodyLength > 0) this.#body = Buffer.from(request.bytes().buffer);
  }

  override _read(size: number): void {
    if (!(#request in this)) {
      super._read(size);
      return;
    }
    if (this.#upload !== undefined) {
      // Node's own class starts as if it were reading, until this is called.
      (this as unknown as { _readableState: { readingMore: boolean } })._readableState.readingMore = false;
      this.#upload.next().then(
        (piece) => {
          this.complete ||= piece === undefined;
          this.push(piece ?? null);
        },
        (error: Error & { code: string }) => this.destroy(error.code === OVER ? undefined : error),
      );
      return;
    }
    if (this.#body !== undefined) this.push(this.#body);
    this.#body = undefined;
    this.push(null);
  }

  override destroy(error?: Error): this {
    // Node would take the connection along; the response may still be under way.
    if (#request in this) this.complete = true;
    return super.destroy(error);
  }
}

type Done = (error?: Error | null) => void;

/** What passes between a response and the kernel. */
class Exchange {
  readonly request: KrepisRequest;
  readonly connection: Connection;
  answer: Reply | undefined;
  resolve: ((answer: Answer) => void) | undefined;
  /** Written, and not asked for yet. */
  pieces: Buffer[] = [];
  bytes = 0;
  started = false;
  ended = false;
  needsDrain = false;
  wake: (() => void) | undefined;

  constructor(request: KrepisRequest, connection: Connection) {
    this.request = request;
    this.connection = connection;
  }

  settle(answer: Reply): void {
    this.answer = answer;
    this.resolve?.(answer);
  }
}

export class Outgoing extends http.ServerResponse<IncomingMessage> {
  readonly #exchange: Exchange;
  #aborted = false;
  #over = false;

  constructor(req: Incoming, request: KrepisRequest, connection: Connection) {
    super(req);
    this.#exchange = new Exchange(request, connection);
    Object.assign(this, { socket: connection });
  }

  /** @internal The answer, or what it will be. */
  get answer(): Reply | Promise<Answer> {
    const exchange = this.#exchange;
    if (exchange.answer) return exchange.answer;
    exchange.request.whenGone(() => this.#gone());
    return new Promise((resolve) => {
      exchange.resolve = resolve;
    });
  }

  override writeHead(
    status: number,
    reason?: string | OutgoingHttpHeaders | OutgoingHttpHeader[],
    headers?: OutgoingHttpHeaders | OutgoingHttpHeader[],
  ): this {
    if (!(#exchange in this)) return super.writeHead(status, reason as string, headers);
    if (this.headersSent)
      throw coded('ERR_HTTP_HEADERS_SENT', 'Cannot write headers after they are sent to the client');
    const code = Math.trunc(status);
    if (!(code >= 200 && code <= 599))
      throw Object.assign(new RangeError(`Invalid status code: ${status}`), {
        code: 'ERR_HTTP_INVALID_STATUS_CODE',
      });
    this.statusCode = code;
    if (typeof reason === 'string') this.statusMessage = reason;
    const more = typeof reason === 'string' ? headers : (reason ?? headers);
    if (Array.isArray(more)) {
      const flat = more.flat() as string[];
      for (let i = 0; i < flat.length; i += 2) this.appendHeader(flat[i] as string, flat[i + 1] as string);
    } else if (more) {
      for (const [name, value] of Object.entries(more)) {
        if (value !== undefined) this.setHeader(name, value);
      }
    }
    markSent(this);
    return this;
  }

  override flushHeaders(): void {
    if (!(#exchange in this)) {
      super.flushHeaders();
      return;
    }
    if (!this.headersSent) this.writeHead(this.statusCode);
    this.#start();
  }

  override write(chunk: unknown, encoding?: unknown, callback?: unknown): boolean {
    if (!(#exchange in this)) return super.write(chunk, encoding as BufferEncoding, callback as Done);
    const done = (typeof encoding === 'function' ? encoding : callback) as Done | undefined;
    if (this.finished || this.#aborted) {
      const [code, text] = this.finished
        ? ['ERR_STREAM_WRITE_AFTER_END', 'write after end']
        : ['ERR_STREAM_DESTROYED', 'Cannot call write after a stream was destroyed'];
      this.#complain(coded(code as string, text as string), done);
      return false;
    }
    const exchange = this.#exchange;
    const bytes = bytesOf(chunk, encoding);
    this.#implicit();
    if (hasBody(this) && bytes.length > 0) {
      exchange.pieces.push(bytes);
      exchange.bytes += bytes.length;
    }
    if (!exchange.started) {
      exchange.started = true;
      process.nextTick(() => this.#start());
    }
    exchange.wake?.();
    if (done) process.nextTick(done);
    exchange.needsDrain ||= exchange.bytes >= HIGH_BYTES;
    return !exchange.needsDrain;
  }

  override end(chunk?: unknown, encoding?: unknown, callback?: unknown): this {
    if (!(#exchange in this)) return super.end(chunk, encoding as BufferEncoding, callback as () => void);
    const exchange = this.#exchange;
    const [piece, kind, done] = (
      typeof chunk === 'function'
        ? [undefined, undefined, chunk]
        : typeof encoding === 'function'
          ? [chunk, undefined, encoding]
          : [chunk, encoding, callback]
    ) as [unknown, unknown, Done | undefined];
    if (this.finished) {
      if (done)
        process.nextTick(
          done,
          coded('ERR_STREAM_ALREADY_FINISHED', 'Cannot call end after a stream was finished'),
        );
      return this;
    }
    const bytes = piece === undefined || piece === null ? undefined : bytesOf(piece, kind);
    this.#implicit();
    if (bytes !== undefined && bytes.length > 0 && hasBody(this)) {
      exchange.pieces.push(bytes);
      exchange.bytes += bytes.length;
    }
    this.finished = true;
    exchange.ended = true;
    if (done) this.once('finish', done);
    if (this.#aborted) return this;
    if (this.hasHeader('transfer-encoding')) this.#start();
    else if (exchange.answer === undefined) this.#whole();
    exchange.wake?.();
    return this;
  }

  override destroy(error?: Error): this {
    if (!(#exchange in this)) return super.destroy(error);
    if (this.destroyed) return this;
    if (!this.writableFinished) this.#exchange.connection.destroy();
    this.#gone(error);
    return this;
  }

  override addTrailers(trailers: never): void {
    if (!(#exchange in this)) super.addTrailers(trailers);
  }

  /** The kernel has said it, when it was asked for. */
  override writeContinue(callback?: () => void): void {
    if (!(#exchange in this)) super.writeContinue(callback);
    else if (callback) process.nextTick(callback);
  }

  override writeProcessing(callback?: () => void): void {
    if (!(#exchange in this)) super.writeProcessing(callback);
    else if (callback) process.nextTick(callback);
  }

  override writeEarlyHints(hints: Record<string, string | string[]>, callback?: () => void): void {
    if (!(#exchange in this)) super.writeEarlyHints(hints, callback);
    else if (callback) process.nextTick(callback);
  }

  /** As Node does it: whoever replaced `writeHead` is called. */
  #implicit(): void {
    if (!this.headersSent) (this as unknown as { _implicitHeader(): void })._implicitHeader();
  }

  /** All of it at once. */
  #whole(): void {
    const { pieces } = this.#exchange;
    const length = this.getHeader('content-length');
    const made = reply(this);
    if (pieces.length > 0) {
      made.body = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
    } else if (length !== undefined && Number(length) > 0 && this.req.method === 'HEAD') {
      // RFC 9110 section 9.3.2: the length that a GET would have had.
      made.body = nothing();
      made.length = Number(length);
    }
    this.#exchange.bytes = 0;
    this.#exchange.settle(made);
    process.nextTick(() => this.#finish());
  }

  /** What was written so far, and the rest as it comes. */
  #start(): void {
    const exchange = this.#exchange;
    exchange.started = true;
    if (exchange.answer !== undefined || this.#aborted) return;
    const made = reply(this);
    const length = this.getHeader('content-length');
    made.body = this.#pieces();
    made.length = length === undefined ? undefined : Number(length);
    exchange.settle(made);
  }

  #pieces(): Pieces {
    const exchange = this.#exchange;
    const next = async (): Promise<IteratorResult<Uint8Array>> => {
      while (exchange.pieces.length === 0 && !exchange.ended && !this.#aborted) {
        await new Promise<void>((resolve) => {
          exchange.wake = resolve;
        });
        exchange.wake = undefined;
      }
      if (exchange.pieces.length === 0 || this.#aborted) {
        if (!this.#aborted) process.nextTick(() => this.#finish());
        return { done: true, value: undefined };
      }
      const value =
        exchange.pieces.length === 1 ? (exchange.pieces[0] as Buffer) : Buffer.concat(exchange.pieces);
      exchange.pieces = [];
      exchange.bytes = 0;
      if (exchange.needsDrain) {
        exchange.needsDrain = false;
        process.nextTick(() => this.emit('drain'));
      }
      return { done: false, value };
    };
    const over = async (): Promise<IteratorResult<Uint8Array>> => {
      // Of a response without a body, or the client is gone.
      if (hasBody(this)) this.#gone();
      return { done: true, value: undefined };
    };
    return { [Symbol.asyncIterator]: () => ({ next, return: over }) };
  }

  #finish(): void {
    if (this.#aborted || this.#over) return;
    this.#over = true;
    this.emit('finish');
    // Whoever listens learns that the request is over; nobody else pays for it.
    if (this.req.eventNames().length > 0) this.req.resume();
    this.#close();
  }

  #close(): void {
    Object.assign(this, { _closed: true, destroyed: true });
    this.emit('close');
  }

  /** The client is gone before the end. */
  #gone(error?: Error): void {
    if (this.#aborted || this.#over) return;
    this.#aborted = true;
    const exchange = this.#exchange;
    exchange.connection.gone();
    exchange.wake?.();
    exchange.resolve?.(new Reply(500, {}, undefined)); // for nobody
    this.req.aborted = true;
    process.nextTick(() => {
      this.req.emit('aborted');
      this.req.emit('close');
      if (error) this.emit('error', error);
      this.#close();
    });
  }

  #complain(error: Error, done: Done | undefined): void {
    process.nextTick(() => {
      done?.(error);
      if (!this.#aborted) this.emit('error', error);
    });
  }
}

/** The kernel writes these. */
const FRAMING: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'transfer-encoding',
  'trailer',
]);

function reply(response: Outgoing): Reply {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(response.getHeaders())) {
    if (FRAMING.has(name)) continue;
    headers[name] = Array.isArray(value) ? value.map(String) : `${value}`;
  }
  return new Reply(response.statusCode, headers, '');
}

/** RFC 9110 section 6.4.1. */
function hasBody(response: Outgoing): boolean {
  const { statusCode } = response;
  return response.req.method !== 'HEAD' && statusCode !== 204 && statusCode !== 304;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

function markSent(response: Outgoing): void {
  (response as unknown as { _header: string })._header = ' ';
}

function bytesOf(chunk: unknown, encoding: unknown): Buffer {
  if (typeof chunk === 'string')
    return Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8');
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  const kind = chunk === null ? 'null' : typeof chunk;
  const [code, text] =
    chunk === null
      ? ['ERR_STREAM_NULL_VALUES', 'May not write null values to stream']
      : [
          'ERR_INVALID_ARG_TYPE',
          `The "chunk" argument must be of type string or an instance of Buffer or Uint8Array. Received type ${kind}`,
        ];
  throw Object.assign(new TypeError(text), { code });
}

function coded(code: string, text: string): Error {
  return Object.assign(new Error(text), { code });
}

/** The two for a request. */
export function messages(request: KrepisRequest): [Incoming, Outgoing] {
  const connection = new Connection(request);
  const req = new Incoming(connection, request);
  return [req, new Outgoing(req, request, connection)];
}
