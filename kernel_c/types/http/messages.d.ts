/**
 * Requests and responses with the interface of `node:http`, over requests of the kernel.
 *
 * Both are Node's classes with another way out: what reads and what sets headers is Node's own code. They may have
 * their prototypes replaced, as Express does, so methods look whether the object is one of these (`#exchange in this`).
 */
import http, { type IncomingMessage, type OutgoingHttpHeader, type OutgoingHttpHeaders } from 'node:http';
import { type Answer, Reply } from '../reply.ts';
import type { KrepisRequest } from '../request.ts';
import { Connection } from './connection.ts';
export declare class Incoming extends http.IncomingMessage {
    #private;
    constructor(connection: Connection, request: KrepisRequest);
    _read(size: number): void;
    destroy(error?: Error): this;
}
export declare class Outgoing extends http.ServerResponse<IncomingMessage> {
    #private;
    constructor(req: Incoming, request: KrepisRequest, connection: Connection);
    /** @internal The answer, or what it will be. */
    get answer(): Reply | Promise<Answer>;
    writeHead(status: number, reason?: string | OutgoingHttpHeaders | OutgoingHttpHeader[], headers?: OutgoingHttpHeaders | OutgoingHttpHeader[]): this;
    flushHeaders(): void;
    write(chunk: unknown, encoding?: unknown, callback?: unknown): boolean;
    end(chunk?: unknown, encoding?: unknown, callback?: unknown): this;
    destroy(error?: Error): this;
    addTrailers(trailers: never): void;
    /** The kernel has said it, when it was asked for. */
    writeContinue(callback?: () => void): void;
    writeProcessing(callback?: () => void): void;
    writeEarlyHints(hints: Record<string, string | string[]>, callback?: () => void): void;
}
/** The two for a request. */
export declare function messages(request: KrepisRequest): [Incoming, Outgoing];
