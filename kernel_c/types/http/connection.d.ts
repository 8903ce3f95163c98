/** What `node:http` programs see of a connection: addresses, and how to end it. There is one for each request. */
import { EventEmitter } from 'node:events';
import type { KrepisRequest } from '../request.ts';
export declare class Connection extends EventEmitter {
    #private;
    readonly encrypted: boolean;
    readonly bytesRead = 0;
    readonly bytesWritten = 0;
    readonly writableLength = 0;
    readonly readableHighWaterMark = 65536;
    readable: boolean;
    writable: boolean;
    destroyed: boolean;
    constructor(request: KrepisRequest);
    get remoteAddress(): string | undefined;
    get remotePort(): number | undefined;
    get remoteFamily(): string | undefined;
    get localAddress(): string | undefined;
    get localPort(): number | undefined;
    get localFamily(): string | undefined;
    address(): {
        address?: string | undefined;
        family?: string | undefined;
        port?: number | undefined;
    };
    /** Ends the connection, with what was not sent. */
    destroy(error?: Error): this;
    destroySoon(): void;
    end(): this;
    /** @internal The client went away. */
    gone(): void;
    write(): never;
    setTimeout(): this;
    setNoDelay(): this;
    setKeepAlive(): this;
    ref(): this;
    unref(): this;
    pause(): this;
    resume(): this;
    cork(): void;
    uncork(): void;
}
