/** Responses as handlers give them, and as the kernel takes them. */
import type { Issue } from './schema.ts';
export type HeadersInit = Readonly<Record<string, string | readonly string[]>>;
/** What a handler may return: text, JSON, bytes, nothing (204), a `reply()`, or a web-standard `Response`. */
export type Answer = Reply | Response | string | number | boolean | null | undefined | Uint8Array | object;
/** A body that comes in pieces, sent as they come and no faster than the client takes them. */
export type Pieces = AsyncIterable<string | Uint8Array>;
export type Body = string | Uint8Array | Pieces;
/** A response with its status and headers. */
export declare class Reply {
    status: number;
    headers: HeadersInit;
    /** Undefined: no content. */
    body: Body | undefined;
    /** Bytes of a body in pieces, when that is known; else it is sent in chunks. */
    length: number | undefined;
    /** False: never compressed, as is right for secrets beside what the client sent (BREACH). */
    compress: boolean | undefined;
    constructor(status: number, headers: HeadersInit, body: Body | undefined, length?: number);
}
export interface ReplyInit {
    readonly status?: number;
    readonly headers?: HeadersInit;
    /** Bytes of a body in pieces. */
    readonly length?: number;
    /** False: never compressed. */
    readonly compress?: boolean;
}
export declare const TEXT = "text/plain; charset=utf-8";
export declare const JSON_TYPE = "application/json";
/** An error that becomes a response: `throw new HttpError(404, 'no such user')`. */
export declare class HttpError extends Error {
    readonly status: number;
    readonly headers: HeadersInit;
    constructor(status: number, message: string, headers?: HeadersInit);
}
/** @internal An error for what was refused before anything of the program ran: where that was says nothing, and costs most. */
export declare function refusal(status: number, message: string, headers: HeadersInit): HttpError;
/** What the checks of a route found; the default answer is JSON that says what is wrong where. */
export declare class InvalidRequest extends HttpError {
    readonly where: 'body' | 'query' | 'params';
    readonly issues: readonly Issue[];
    constructor(status: number, where: 'body' | 'query' | 'params', issues: readonly Issue[]);
}
/** A response with a status and headers; `content-type` is found from the body unless it is given. */
export declare function reply(body: Exclude<Answer, Reply | Response>, init?: ReplyInit): Reply;
export declare function isPieces(value: unknown): value is Pieces;
/** What a handler returned, but for a `Response`, as a reply. */
export declare function replyOf(answer: Exclude<Answer, Response>): Reply;
/** A web-standard response. Its body is read to the end when that is there at once, else sent as it comes. */
export declare function replyOfResponse(response: Response): Promise<Reply>;
/** Field lines for the kernel. Throws for what could split a response, and for what only the kernel may write. */
export declare function fieldLines(headers: HeadersInit): string;
