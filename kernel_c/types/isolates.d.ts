/**
 * Tenants' programs in V8 isolates of their own: worker threads with a limit of memory, and a watchdog.
 *
 * Requests and answers go over a port, those of a turn of the event loop in one message. An isolate whose event loop
 * stands still, that has more memory than it may, or that fails is stopped and started anew; what was asked of it, and
 * what is asked until it is there again, gets a 503.
 */
import type { CompilerTask } from './compile.ts';
import { type Answer } from './reply.ts';
import type { KrepisRequest } from './request.ts';
import type { TenantOptions } from './tenants.ts';
/** What an isolate is told. */
export type Ask = {
    kind: 'ask';
    id: number;
    rows: Int32Array;
    bytes: Uint8Array<ArrayBuffer>;
}
/** The next piece of a body is wanted, or none any more; or the client is gone. */
 | {
    kind: 'pull' | 'return' | 'gone';
    id: number;
} | {
    kind: 'ping';
};
/** What an isolate tells. */
export type Told = {
    kind: 'ready';
} | {
    kind: 'files';
    paths: string[];
} | {
    kind: 'pong';
    bytes: number;
} | {
    kind: 'answer';
    id: number;
    status: number;
    headers: Record<string, string | string[]>;
    body: string | Uint8Array | undefined;
    /** The body comes in pieces. */
    pieces: boolean;
    length: number | undefined;
} | {
    kind: 'piece';
    id: number;
    data: string | Uint8Array | undefined;
} | {
    kind: 'failed';
    id: number;
    status: number;
    message: string;
};
/** What an isolate is started with. */
export interface Start {
    readonly program: string;
    readonly tenant: string;
    readonly compiler?: CompilerTask | undefined;
}
export declare class Isolates {
    #private;
    constructor({ tenants, program, memoryMb, stallMs }: TenantOptions);
    ask(tenant: number, request: KrepisRequest): Promise<Answer>;
    restarts(tenant: number): number;
    /** All answer. */
    ready(): Promise<void>;
    close(): void;
}
