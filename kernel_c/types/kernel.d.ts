/** The addon, and the words that it shares with JavaScript; nothing else knows their layout. */
import { type TlsOptions } from './tls.ts';
import type { Upload } from './upload.ts';
export type Handle = {
    readonly handle: unique symbol;
};
export interface KernelOptions {
    readonly lineBytesMax?: number;
    readonly headBytesMax?: number;
    readonly fieldsMax?: number;
    readonly bodyBytesMax?: number;
    /** Of a body that a handler takes in pieces. [default: 4 GiB] */
    readonly streamBytesMax?: number;
    readonly connectionsMax?: number;
    readonly bodiesMax?: number;
    readonly blocksMax?: number;
    readonly pipelineMax?: number;
    readonly routesMax?: number;
    readonly idleMs?: number;
    readonly headMs?: number;
    readonly bodyMs?: number;
    readonly writeMs?: number;
    readonly handlerMs?: number;
    readonly lingerMs?: number;
    /** Every connection is TLS. `krepis run --tls-cert --tls-key` wins. */
    readonly tls?: TlsOptions;
}
interface Opened {
    readonly handle: Handle;
    readonly memory: ArrayBuffer;
    readonly rows: ArrayBuffer;
    readonly answers: ArrayBuffer;
    readonly meta: ArrayBuffer;
    readonly notices: ArrayBuffer;
}
interface Addon {
    open(options: KernelOptions): Opened;
    start(handle: Handle, tick: (count: number) => string, flush: () => string, notice: (count: number) => void, stopped: () => void): void;
    route(handle: Handle, method: number, pattern: string): number;
    fallback(handle: Handle): number;
    pieces(handle: Handle, route: number): void;
    pull(handle: Handle, connection: number, generation: number, sequence: number): number;
    fixed(handle: Handle, method: number, pattern: string, status: number, fields: string, body: Uint8Array): void;
    files(handle: Handle, pattern: string, directory: string): void;
    template(handle: Handle, status: number, fields: string): number;
    apply(handle: Handle, text: string, count: number): void;
    bytes(handle: Handle, connection: number, generation: number, sequence: number, template: number, fields: string, body: Uint8Array): void;
    stream(handle: Handle, connection: number, generation: number, sequence: number, template: number, fields: string, length: number): number;
    upgrade(handle: Handle, connection: number, generation: number, sequence: number, fields: string): number;
    hangUp(handle: Handle, connection: number, generation: number, sequence: number, code: number): number;
    socketDeflates(handle: Handle, connection: number, generation: number, sequence: number): void;
    chunk(handle: Handle, connection: number, generation: number, sequence: number, data: Uint8Array): number;
    finish(handle: Handle, connection: number, generation: number, sequence: number): void;
    abort(handle: Handle, connection: number, generation: number, sequence: number): void;
    follow(handle: Handle, connection: number, generation: number): number;
    yieldTo(thread: number, by: number, sliceUs: number): void;
    rest(thread: number): void;
    canRest(): boolean;
    threads(): number[];
    cpuMs(thread: number): number;
    yieldHelpers(by: number): void;
    address(handle: Handle, connection: number, generation: number, own: boolean): [string, number] | undefined;
    match(handle: Handle, method: number, path: string): number[] | number;
    listen(handle: Handle, address: string, port: number): number;
    secure(handle: Handle, cert: string, key: string, handshakeMs: number): void;
    adopt(handle: Handle, descriptor: number): number;
    listener(handle: Handle): number;
    descriptorOf(pid: number, descriptor: number): number;
    stop(handle: Handle, graceMs: number, handOver: boolean): void;
    metrics(handle: Handle): number[];
    metricsText(handle: Handle): string;
    tenantsNew(limits: Uint32Array, requestsMax: number, runningMax: number): object;
    tenantsRule(handle: object, tenant: number, kind: number, text: string): number;
    tenantsFind(handle: object, host: string | undefined, path: string, header: string | undefined): number;
    tenantsOpen(handle: object, tenant: number): number;
    tenantsClose(handle: object, tenant: number): void;
    tenantsOffer(handle: object, tenant: number, nowMs: number): number;
    tenantsTake(handle: object): number;
    tenantsEnd(handle: object, request: number, costUs: number): void;
    tenantsMetrics(handle: object, tenant: number): number[];
}
/** `KREPIS_ADDON` names an addon that was built elsewhere. */
export declare const addon: Addon;
export declare const METHODS: readonly ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'];
export type Method = (typeof METHODS)[number];
/** Words of a row, as in `krepis_kernel.h`. */
export declare const Row: {
    readonly ROUTE: 0;
    readonly CONNECTION: 1;
    readonly GENERATION: 2;
    readonly SEQUENCE: 3;
    readonly METHOD: 4;
    readonly FLAGS: 5;
    readonly BASE: 6;
    readonly LINE: 7;
    readonly METHOD_LENGTH: 8;
    readonly FIELDS: 9;
    readonly HEAD_LENGTH: 10;
    readonly BODY: 11;
    readonly BODY_LENGTH: 12;
    readonly PATH: 13;
    readonly PATH_LENGTH: 14;
    readonly QUERY_LENGTH: 15;
    readonly PARAMS_COUNT: 16;
    readonly PARAMS: 17;
    readonly WORDS: 33;
};
/** The route of rows that are messages of a WebSocket: opcode in FLAGS, code of a close in METHOD. */
export declare const ROUTE_SOCKET = -2;
/** With the opcode: the message is compressed. */
export declare const SOCKET_DEFLATED = 16;
/** The route of rows that are pieces of a body; what FLAGS says of those, and of a request whose body comes so. */
export declare const ROUTE_BODY = -3;
export declare const BodyFlag: {
    readonly COMES: 128;
    readonly ENDS: 256;
    readonly BROKEN: 512;
};
/** In FLAGS of a request. */
export declare const OVER_TLS = 1024;
/** Words of the table of answers, and of the shared state, as in `binding.c`. */
export declare const Answer: {
    readonly CONNECTION: 0;
    readonly GENERATION: 1;
    readonly SEQUENCE: 2;
    readonly TEMPLATE: 3;
    readonly FIELDS: 4;
    readonly BODY: 5;
    readonly WORDS: 6;
};
export declare const Meta: {
    readonly EPOCH: 0;
    readonly ANSWERS: 1;
    readonly DUE: 2;
};
export declare const ANSWERS_MAX = 1024;
/** A buffer with the two methods that Node does not document: `toString` without its checks. */
export interface Memory extends Buffer {
    latin1Slice(start: number, end: number): string;
    utf8Slice(start: number, end: number): string;
}
/** Hears once what became of a connection: `gone`, or else it can take more. */
export interface Watcher {
    readonly connection: number;
    readonly generation: number;
    hear(gone: boolean): void;
}
/** The kernel's memory, seen from here. Requests are in `memory` until the kernel's next tick. */
export declare class Kernel {
    #private;
    readonly handle: Handle;
    readonly memory: Memory;
    readonly rows: Int32Array;
    readonly answers: Int32Array;
    readonly meta: Uint32Array;
    /** Bytes of a request's body, or of a message. */
    readonly bodyBytesMax: number;
    /** Bodies under way, by their connection. */
    readonly uploads: Map<number, Upload>;
    constructor(options: KernelOptions);
    /** Before it listens; throws when there is a certificate that cannot be used. */
    takeCertificate(): void;
    watch(watcher: Watcher): void;
    unwatch(watcher: Watcher): void;
    /** Passes on what the kernel has to tell. */
    notice(count: number): void;
}
export {};
