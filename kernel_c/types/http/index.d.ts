/**
 * `createServer` of `node:http` on the kernel: programs and frameworks that are written for Node's server run on it.
 *
 * Different from Node: connections cannot be taken over (`upgrade` and `CONNECT`), trailers and informational responses
 * are not sent, and the kernel's limits apply.
 */
import { EventEmitter } from 'node:events';
import type { KernelOptions } from '../kernel.ts';
import { type Incoming, type Outgoing } from './messages.ts';
export { Incoming as IncomingMessage, Outgoing as ServerResponse } from './messages.ts';
/** What a listener of `node:http` is. */
export type Listener = (request: Incoming, response: Outgoing) => unknown;
export declare class Server extends EventEmitter {
    #private;
    constructor(options?: KernelOptions, listener?: Listener);
    get listening(): boolean;
    /** Libraries look whether there is one. */
    get _handle(): object | null;
    address(): {
        address: string;
        family: string;
        port: number;
    } | string | null;
    /** `listen(port, [host], [backlog], [callback])`, `listen(path)` or `listen({ port, host, path })`. */
    listen(...args: unknown[]): this;
    /** Takes no more connections, and closes when all requests are answered. */
    close(callback?: (error?: Error) => void): this;
    /** Ends all connections, with what was not sent. */
    closeAllConnections(): void;
    /** The kernel closes those by itself, after `idleMs` and when it stops. */
    closeIdleConnections(): void;
    getConnections(callback: (error: null, count: number) => void): this;
    setTimeout(): this;
    ref(): this;
    unref(): this;
    [Symbol.asyncDispose](): Promise<void>;
}
/** `createServer([options], [listener])`; the options are those of the kernel. */
export declare function createServer(options?: KernelOptions | Listener, listener?: Listener): Server;
