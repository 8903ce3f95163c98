/** Applications: routes, hooks, and the calls that the kernel makes once a tick. */
import { type CompressOptions } from './compress.ts';
import { type KernelOptions, type Method } from './kernel.ts';
import { type Answer, type HeadersInit, Reply } from './reply.ts';
import { KrepisRequest } from './request.ts';
import { type Infer, type Schema, type Standard } from './schema.ts';
import { type Message, type SocketHandlers } from './socket.ts';
import { type TenantMetrics, type TenantOptions } from './tenants.ts';
/** What has to be right about a request before its handler is called. */
export interface Checks {
    /** Of the JSON body; what is wrong with it is a 422. */
    readonly body?: Schema<unknown> | Standard<unknown>;
    /** Objects of texts; what is wrong with them is a 400. */
    readonly query?: Schema<object>;
    readonly params?: Schema<object>;
    /** The handler takes the body as it comes, from `request.body`: nothing of it is kept, and it may be longer than `bodyBytesMax`. */
    readonly stream?: boolean;
}
/** What comes out of the checks: `request.valid`. */
export type Valid<C extends Checks> = [Exclude<keyof C, 'stream'>] extends [never] ? undefined : {
    readonly [K in Exclude<keyof C, 'stream'>]: Infer<C[K]>;
};
export type Handler<Path extends string, Services = object, Checked = undefined> = (request: KrepisRequest<Path, Checked>, services: Services) => Answer | Promise<Answer>;
export type Before<Services = object> = (request: KrepisRequest, services: Services) => Answer | Promise<Answer>;
export type After<Services = object> = (request: KrepisRequest, reply: Reply, services: Services) => Reply | undefined | Promise<Reply | undefined>;
export type OnError = (error: unknown, request: KrepisRequest) => Answer | Promise<Answer>;
type Checked<Path extends string, Services, C extends Checks> = Handler<Path, Services, Valid<C>>;
/** How a route of one method is registered. */
interface Verb<Services, Self> {
    <Path extends string>(path: Path, handler: Handler<Path, Services>): Self;
    <Path extends string, C extends Checks>(path: Path, checks: C, handler: Checked<Path, Services, C>): Self;
}
export interface Metrics {
    readonly connectionsOpen: number;
    readonly accepted: number;
    readonly refused: number;
    readonly requests: number;
    readonly badRequests: number;
    readonly timeouts: number;
    readonly bytesIn: number;
    readonly bytesOut: number;
    readonly dropped: number;
    /** By the first digit of the status, from 1xx to 5xx. */
    readonly responses: readonly number[];
}
export interface Listening {
    readonly port: number;
    /** @internal The socket. */
    readonly descriptor: number;
    /** Takes no more connections, gives open requests `graceMs`, and resolves when all is closed. */
    close(graceMs?: number): Promise<void>;
    /**
     * The same when another process listens there already, so that no client notices: what waits to be accepted is
     * served, and a connection is closed with the answer to its next request, or after `graceMs`.
     */
    handOver(graceMs: number): Promise<void>;
    metrics(): Metrics;
}
/** `Services` are what `provide` made, and what handlers and hooks are given. */
export declare class App<Services extends object = object> {
    #private;
    constructor(options?: KernelOptions);
    readonly get: Verb<Services, this>;
    readonly post: Verb<Services, this>;
    readonly put: Verb<Services, this>;
    readonly patch: Verb<Services, this>;
    readonly delete: Verb<Services, this>;
    /** Throws when the pattern is malformed, or when another route already answers the same requests. */
    route<Path extends string>(method: Method, path: Path, handler: Handler<Path, Services>): this;
    route<Path extends string, C extends Checks>(method: Method, path: Path, checks: C, handler: Checked<Path, Services, C>): this;
    /** Handles all requests that no route matches, whatever their method and target; once. Else they get a 404 or a 405. */
    fallback(handler: Handler<string, Services>, { stream }?: Pick<Checks, 'stream'>): this;
    /** A WebSocket. Hooks before it run as for any other request, and can refuse it. */
    ws<Path extends string, Data = undefined>(path: Path, on: SocketHandlers<Path, Services, Data>): this;
    /** Sends to all sockets of a topic; returns how many there are that could take it. */
    publish(topic: string, message: Message): number;
    /** A route that the kernel answers by itself, without JavaScript or hooks: the same response for all. */
    fixed(method: Method, path: string, answer: Exclude<Answer, Response>): this;
    /** The files below a directory, sent by the kernel; the path ends in a wildcard, as in `/assets/*path`. */
    files(path: string, directory: string): this;
    /** A route for Prometheus. */
    metrics(path: string): this;
    /** Headers of every answer of a handler. They cost nothing, since the kernel keeps them preformatted. */
    headers(headers: HeadersInit): this;
    /** Compresses what handlers answer, when it is text and the client wants it. Files and fixed answers go out as they are. */
    compress(options?: CompressOptions): this;
    /** Writes a line for every answer of a handler: time, method, path, status, length of the body in characters. */
    accessLog(path: string): this;
    /**
     * Whose requests are let in, and how they share this process; hooks run within. Requests of nobody get a 404; routes
     * that the kernel answers by itself belong to all. When there is a `program`, what this application has no route for
     * is answered by the tenant's isolate. Returns what tells how it goes.
     */
    tenants(options: TenantOptions): {
        metrics(): TenantMetrics[];
        ready(): Promise<void>;
    };
    /**
     * A service by a name, made once, before the first request, from those provided before it. Giving a name again
     * replaces its service, as tests like to. What has `Symbol.asyncDispose` or `Symbol.dispose` is disposed of when the
     * last socket is closed, the last made first.
     */
    provide<Name extends string, Service>(name: Name, make: (services: Services) => Service): App<Services & {
        readonly [key in Name]: Service;
    }>;
    /** Runs before every handler, in the order of registration; what it returns, unless undefined, is the answer. */
    before(hook: Before<Services>): this;
    /** Runs after every handler, and may change the reply or give another. */
    after(hook: After<Services>): this;
    /** Makes the answer when a handler or a hook threw. */
    onError(hook: OnError): this;
    /** Listens on an IP address, or on a Unix socket when `port` is a path. */
    listen(port: number | string, address?: string): Listening;
    /** Answers a web-standard request without a socket, for tests. */
    fetch(input: Request): Promise<Response>;
    /** @internal Answers a request of another thread, with its own copy of the row and the bytes. */
    answer(rows: Int32Array, bytes: Uint8Array<ArrayBuffer>, begun: (request: KrepisRequest) => void): Promise<Reply>;
}
export {};
