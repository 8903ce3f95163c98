/** Responses in the coding that a client prefers: RFC 9110 sections 8.4 and 12.5.3, by zlib of Node. */

import { pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { type Answer, isPieces, Reply, replyOf, replyOfResponse } from './reply.ts';
import type { KrepisRequest } from './request.ts';

export interface CompressOptions {
  /** Shorter bodies are sent as they are. [default: 1024] */
  readonly fromBytes?: number;
  /** Not for these requests, as where a page shows a secret beside what the client sent: lengths would tell it (BREACH). */
  unless?(request: KrepisRequest): boolean;
}

const FROM_BYTES = 1024;
/** Longer ones are compressed in another thread. */
const SYNC_BYTES_MAX = 16_384;
/** The better one first, where a client likes several as much. Levels are those that a server has time for. */
const CODINGS = {
  zstd: {
    now: (body: Uint8Array) => zlib.zstdCompressSync(body),
    later: (body: Uint8Array) => promisify(zlib.zstdCompress)(body),
    stream: () => zlib.createZstdCompress({ flush: zlib.constants.ZSTD_e_flush }),
  },
  br: {
    now: (body: Uint8Array) => zlib.brotliCompressSync(body, BROTLI),
    later: (body: Uint8Array) => promisify(zlib.brotliCompress)(body, BROTLI),
    stream: () => zlib.createBrotliCompress({ ...BROTLI, flush: zlib.constants.BROTLI_OPERATION_FLUSH }),
  },
  gzip: {
    now: (body: Uint8Array) => zlib.gzipSync(body),
    later: (body: Uint8Array) => promisify<Uint8Array, Buffer>(zlib.gzip)(body),
    stream: () => zlib.createGzip({ flush: zlib.constants.Z_SYNC_FLUSH }),
  },
} as const;
const BROTLI: zlib.BrotliOptions = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 } };
type Coding = keyof typeof CODINGS;

const COMPRESSIBLE =
  /^(?:text\/|application\/(?:json|javascript|xml|manifest\+json|graphql|wasm)|image\/svg|[^;]*\+(?:json|xml|text))/i;

/** The coding to use, by the weights of an `Accept-Encoding`. */
export function codingOf(accepted: string | undefined): Coding | undefined {
  if (accepted === undefined) return undefined;
  const weights = new Map<string, number>();
  for (const one of accepted.toLowerCase().split(',')) {
    const [name = '', ...parameters] = one.split(';').map((part) => part.trim());
    const q = parameters.find((part) => part.startsWith('q='))?.slice(2);
    const weight = q === undefined ? 1 : Number(q);
    if (name && weight >= 0 && weight <= 1) weights.set(name === 'x-gzip' ? 'gzip' : name, weight);
  }
  const weightOf = (name: string): number => weights.get(name) ?? weights.get('*') ?? 0;
  let best: Coding | undefined;
  for (const name of Object.keys(CODINGS) as Coding[]) {
    if (weightOf(name) > (best === undefined ? 0 : weightOf(best))) best = name;
  }
  // Section 12.5.3: `identity` is as good as it is said to be, and else the last choice.
  return best !== undefined && weightOf(best) >= (weights.get('identity') ?? 0) ? best : undefined;
}

function headerOf(made: Reply, wanted: string): [key: string, value: string] | undefined {
  for (const [key, value] of Object.entries(made.headers)) {
    if (key.toLowerCase() === wanted) return [key, typeof value === 'string' ? value : value.join(', ')];
  }
  return undefined;
}

/** Whether the client's wishes decide about the body at all. */
function isEligible(made: Reply, fromBytes: number): boolean {
  const { status, body } = made;
  if (body === undefined || status < 200 || status === 204 || status === 206 || status === 304) return false;
  if (!isPieces(body) && body.length < fromBytes) return false;
  if (!COMPRESSIBLE.test(headerOf(made, 'content-type')?.[1] ?? '')) return false;
  if (headerOf(made, 'content-encoding') || headerOf(made, 'content-range')) return false;
  return !/\bno-transform\b/i.test(headerOf(made, 'cache-control')?.[1] ?? ''); // RFC 9111 section 5.2.2.6
}

function varied(made: Reply): Record<string, string | readonly string[]> {
  const headers = { ...made.headers };
  const [key, value] = headerOf(made, 'vary') ?? ['vary', ''];
  if (!/(?:^|,)\s*(?:\*|accept-encoding)\s*(?:,|$)/i.test(value))
    headers[key] = value ? `${value}, Accept-Encoding` : 'Accept-Encoding';
  return headers;
}

/** An answer as this client is to have it. */
export function compressed(
  request: KrepisRequest,
  answer: Answer,
  { fromBytes = FROM_BYTES, unless }: CompressOptions,
): Answer | Promise<Answer> {
  if (answer instanceof Response)
    return replyOfResponse(answer).then((made) =>
      compressed(request, made, { fromBytes, ...(unless && { unless }) }),
    );
  const made = replyOf(answer);
  if (made.compress === false || !isEligible(made, fromBytes) || unless?.(request)) return answer;
  const headers = varied(made);
  const coding = codingOf(request.header('accept-encoding'));
  if (coding === undefined) return new Reply(made.status, headers, made.body, made.length);
  headers['content-encoding'] = coding;
  // RFC 9110 section 8.8.1: what is strong would stand for other bytes.
  const [key, etag] = headerOf(made, 'etag') ?? [];
  if (key !== undefined && etag?.startsWith('"')) headers[key] = `W/${etag}`;
  const { body } = made;
  if (isPieces(body)) {
    const stream = CODINGS[coding].stream();
    pipeline(Readable.from(body), stream, () => {}); // whoever reads the stream hears of errors
    return new Reply(made.status, headers, stream);
  }
  const bytes = typeof body === 'string' ? Buffer.from(body) : (body as Uint8Array);
  if (bytes.length <= SYNC_BYTES_MAX) return new Reply(made.status, headers, CODINGS[coding].now(bytes));
  return CODINGS[coding].later(bytes).then((small) => new Reply(made.status, headers, small));
}
