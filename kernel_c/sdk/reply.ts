/** Responses as handlers give them, and as the kernel takes them. */

import type { Issue } from './schema.ts';

export type HeadersInit = Readonly<Record<string, string | readonly string[]>>;

/** What a handler may return: text, JSON, bytes, nothing (204), a `reply()`, or a web-standard `Response`. */
export type Answer = Reply | Response | string | number | boolean | null | undefined | Uint8Array | object;

/** A body that comes in pieces, sent as they come and no faster than the client takes them. */
export type Pieces = AsyncIterable<string | Uint8Array>;
export type Body = string | Uint8Array | Pieces;

/** A response with its status and headers. */
export class Reply {
  status: number;
  headers: HeadersInit;
  /** Undefined: no content. */
  body: Body | undefined;
  /** Bytes of a body in pieces, when that is known; else it is sent in chunks. */
  length: number | undefined;
  /** False: never compressed, as is right for secrets beside what the client sent (BREACH). */
  compress: boolean | undefined;

  constructor(status: number, headers: HeadersInit, body: Body | undefined, length?: number) {
    this.status = status;
    this.headers = headers;
    this.body = body;
    this.length = length;
  }
}

export interface ReplyInit {
  readonly status?: number;
  readonly headers?: HeadersInit;
  /** Bytes of a body in pieces. */
  readonly length?: number;
  /** False: never compressed. */
  readonly compress?: boolean;
}

export const TEXT = 'text/plain; charset=utf-8';
export const JSON_TYPE = 'application/json';

/** An error that becomes a response: `throw new HttpError(404, 'no such user')`. */
export class HttpError extends Error {
  readonly status: number;
  readonly headers: HeadersInit;

  constructor(status: number, message: string, headers: HeadersInit = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** @internal An error for what was refused before anything of the program ran: where that was says nothing, and costs most. */
export function refusal(status: number, message: string, headers: HeadersInit): HttpError {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const error = new HttpError(status, message, headers);
  Error.stackTraceLimit = limit;
  return error;
}

/** What the checks of a route found; the default answer is JSON that says what is wrong where. */
export class InvalidRequest extends HttpError {
  readonly where: 'body' | 'query' | 'params';
  readonly issues: readonly Issue[];

  constructor(status: number, where: 'body' | 'query' | 'params', issues: readonly Issue[]) {
    super(status, `invalid ${where}`);
    this.where = where;
    this.issues = issues;
  }
}

/** A response with a status and headers; `content-type` is found from the body unless it is given. */
export function reply(body: Exclude<Answer, Reply | Response>, init: ReplyInit = {}): Reply {
  const made = replyOf(body);
  const headers = { ...made.headers, ...lowerCased(init.headers ?? {}) };
  const out = new Reply(init.status ?? made.status, headers, made.body, init.length);
  out.compress = init.compress;
  return out;
}

function lowerCased(headers: HeadersInit): HeadersInit {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

export function isPieces(value: unknown): value is Pieces {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** What a handler returned, but for a `Response`, as a reply. */
export function replyOf(answer: Exclude<Answer, Response>): Reply {
  if (answer instanceof Reply) return answer;
  if (typeof answer === 'string') return new Reply(200, { 'content-type': TEXT }, answer);
  if (answer instanceof Uint8Array || isPieces(answer))
    return new Reply(200, { 'content-type': 'application/octet-stream' }, answer);
  const body = answer === undefined ? undefined : JSON.stringify(answer);
  return body === undefined
    ? new Reply(204, {}, undefined)
    : new Reply(200, { 'content-type': JSON_TYPE }, body);
}

/** A web-standard response. Its body is read to the end when that is there at once, else sent as it comes. */
export async function replyOfResponse(response: Response): Promise<Reply> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of response.headers) {
    if (name !== 'set-cookie' && !FRAMING.has(name)) headers[name] = value;
  }
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) headers['set-cookie'] = cookies;
  return new Reply(response.status, headers, await bodyOf(response));
}

async function bodyOf(response: Response): Promise<Body | undefined> {
  const reader = response.body?.getReader();
  if (reader === undefined) return undefined;
  const first = await reader.read();
  if (first.done) return '';
  const second = reader.read();
  const soon = await Promise.race([
    second,
    new Promise<undefined>((resolve) => setImmediate(resolve, undefined)),
  ]);
  return soon?.done ? first.value : piecesOf(reader, first.value, second);
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

async function* piecesOf(
  reader: Reader,
  first: Uint8Array,
  second: ReturnType<Reader['read']>,
): AsyncGenerator<Uint8Array> {
  try {
    yield first;
    for (let next = await second; !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel();
  }
}

/** Fields that frame a message or belong to the connection: the kernel writes them. */
const FRAMING: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'connection', 'date']);
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const VALUE = /^[\t\x20-\x7e]*$/;

/** Names that were found good, with what their lines begin with. */
const names = new Map<string, string>();
const NAMES_MAX = 1000;

function lineStart(key: string): string {
  let start = names.get(key);
  if (start === undefined) {
    const name = key.toLowerCase();
    if (!NAME.test(name) || FRAMING.has(name))
      throw new TypeError(`header ${JSON.stringify(key)} is not for handlers to set`);
    start = `${name}: `;
    if (names.size < NAMES_MAX) names.set(key, start);
  }
  return start;
}

/** Field lines for the kernel. Throws for what could split a response, and for what only the kernel may write. */
export function fieldLines(headers: HeadersInit): string {
  let lines = '';
  for (const key in headers) {
    const start = lineStart(key);
    const value = headers[key];
    if (typeof value === 'string') {
      lines += fieldLine(start, value);
    } else {
      for (const one of value ?? []) lines += fieldLine(start, one);
    }
  }
  return lines;
}

function fieldLine(start: string, value: string): string {
  if (value !== JSON_TYPE && value !== TEXT && !VALUE.test(value)) {
    throw new TypeError(`header ${start.slice(0, -2)} has characters outside printable ASCII`);
  }
  return `${start}${value}\r\n`;
}
