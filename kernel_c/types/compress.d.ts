/** Responses in the coding that a client prefers: RFC 9110 sections 8.4 and 12.5.3, by zlib of Node. */
import * as zlib from 'node:zlib';
import { type Answer } from './reply.ts';
import type { KrepisRequest } from './request.ts';
export interface CompressOptions {
    /** Shorter bodies are sent as they are. [default: 1024] */
    readonly fromBytes?: number;
    /** Not for these requests, as where a page shows a secret beside what the client sent: lengths would tell it (BREACH). */
    unless?(request: KrepisRequest): boolean;
}
/** The better one first, where a client likes several as much. Levels are those that a server has time for. */
declare const CODINGS: {
    readonly zstd: {
        readonly now: (body: Uint8Array) => NonSharedBuffer;
        readonly later: (body: Uint8Array) => Promise<NonSharedBuffer>;
        readonly stream: () => zlib.ZstdCompress;
    };
    readonly br: {
        readonly now: (body: Uint8Array) => NonSharedBuffer;
        readonly later: (body: Uint8Array) => Promise<NonSharedBuffer>;
        readonly stream: () => zlib.BrotliCompress;
    };
    readonly gzip: {
        readonly now: (body: Uint8Array) => NonSharedBuffer;
        readonly later: (body: Uint8Array) => Promise<Buffer<ArrayBufferLike>>;
        readonly stream: () => zlib.Gzip;
    };
};
type Coding = keyof typeof CODINGS;
/** The coding to use, by the weights of an `Accept-Encoding`. */
export declare function codingOf(accepted: string | undefined): Coding | undefined;
/** An answer as this client is to have it. */
export declare function compressed(request: KrepisRequest, answer: Answer, { fromBytes, unless }: CompressOptions): Answer | Promise<Answer>;
export {};
