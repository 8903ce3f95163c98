/** Bodies of requests that come in pieces: each is read from the client when somebody asks for it. */
import { type Kernel, type Watcher } from './kernel.ts';
import type { Key } from './request.ts';
/** Of the error when a request is answered before its body was read. */
export declare const OVER = "ERR_KREPIS_OVER";
export declare class Upload implements Watcher {
    #private;
    readonly connection: number;
    readonly generation: number;
    constructor(kernel: Kernel, { connection, generation, sequence }: Key);
    /** The next piece, or undefined at the end. To be called again when the promise before is settled. */
    next(): Promise<Uint8Array | undefined>;
    /** A row of the kernel's is about it. */
    take(at: number): void;
    hear(gone: boolean): void;
    /** The request is answered, and nobody wants the rest. */
    end(): void;
}
/** No more of it is read than somebody asked for. */
export declare function streamOf(next: () => Promise<Uint8Array | undefined>, end: () => void): ReadableStream<Uint8Array>;
