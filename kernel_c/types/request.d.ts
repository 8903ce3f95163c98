/** Requests as handlers see them: numbers that point into the kernel's memory, decoded when something is read. */
import { type Kernel, type Memory } from './kernel.ts';
import { Upload } from './upload.ts';
/** The parameters of a path pattern: `/users/:id/files/*rest` has `id` and `rest`. */
export type Params<Path extends string> = Path extends `${infer Head}/${infer Tail}` ? Segment<Head> & Params<Tail> : Segment<Path>;
type Segment<Part extends string> = Part extends `:${infer Name}` | `*${infer Name}` ? {
    readonly [key in Name]: string;
} : unknown;
/** How a request is answered; the numbers are the kernel's. */
export interface Key {
    readonly connection: number;
    readonly generation: number;
    readonly sequence: number;
}
/**
 * One request. It is good while its handler runs, and as long as the promise that the handler returned is pending;
 * kept any longer it throws when it is read, since its memory belongs to other requests by then.
 */
export declare class KrepisRequest<Path extends string = string, Valid = undefined> {
    #private;
    /** @internal Set when it is answered: nothing has to be kept for it any more. */
    settled: boolean;
    /** @internal When it was handed over, by `performance.now()`; 0 when nothing is logged. */
    started: number;
    /** What came out of the checks of the route. */
    readonly valid: Valid;
    constructor(kernel: Kernel, at: number, names: readonly string[], memory?: Memory, rows?: Int32Array<ArrayBufferLike>);
    get method(): string;
    /** The path as it was sent, percent-encoded. */
    /** Whether it came over TLS. */
    get secure(): boolean;
    get path(): string;
    /** What follows the question mark, as it was sent. */
    get search(): string;
    get query(): URLSearchParams;
    /** The parameters of the path, decoded. A malformed encoding is the client's fault: 400. */
    get params(): Params<Path>;
    /** The value of a header, whatever the case of its name; several lines are joined as RFC 9110 section 5.3 says. */
    header(name: string): string | undefined;
    /** The cookies of the request, decoded where they are percent-encoded. The first of a name counts. */
    get cookies(): Readonly<Record<string, string>>;
    /** All headers, names in lower case, in the order in which they were sent. */
    headerLines(): [name: string, value: string][];
    /** Names as they were sent and values, in turn. */
    rawHeaders(): string[];
    get headers(): Headers;
    /**
     * The body in pieces, `for await (const piece of request.body)`, of a route with `{ stream: true }`: each is read from
     * the client when it is asked for. Of other routes it is one piece.
     */
    get body(): ReadableStream<Uint8Array>;
    /** @internal What brings the body, when that comes in pieces. */
    get upload(): Upload | undefined;
    /** A copy of the body. */
    bytes(): Uint8Array;
    text(): string;
    /** Aborted when the client is gone before it was answered. */
    get signal(): AbortSignal;
    /** @internal The same without a signal. */
    whenGone(act: () => void): void;
    /** @internal Ends the connection without an answer. */
    abort(): void;
    /** @internal Hears once when the connection is gone. */
    follow(hear: () => void): void;
    /** @internal Gives address and port of the client, or of our own end, while the connection is there. */
    addresses(): (own: boolean) => [string, number] | undefined;
    /** @internal The target as it was sent, and the minor version of HTTP. */
    get target(): [string, number];
    /** @internal */
    get bodyLength(): number;
    /** The body as JSON; malformed JSON is the client's fault: 400. */
    json(): unknown;
    /** @internal */
    get key(): Key;
    /** @internal It is answered. */
    settle(): void;
    /** @internal A copy of what the request consists of: of its row, and its bytes. */
    copy(): {
        rows: Int32Array;
        bytes: Uint8Array<ArrayBuffer>;
    };
    /** @internal The client is gone, says another thread. */
    mourn(): void;
    /** @internal Copies what the request consists of, so that it can be read in later ticks. */
    keep(): void;
}
export {};
