/** Logs of answers: lines are collected and written at most 100 ms later, so a crash loses that much. */
import type { KrepisRequest } from './request.ts';
/** What is written of an answer. `time` is ISO 8601 to the second, `length` that of the body in characters. */
export interface Entry {
    readonly time: string;
    readonly method: string;
    readonly path: string;
    readonly status: number;
    readonly length: number;
    readonly tookMs: number;
}
export interface Log {
    add(request: KrepisRequest, status: number, length: number): void;
    close(): void;
}
export declare class LineLog implements Log {
    #private;
    constructor(write: (text: string) => void, line: (entry: Entry) => string);
    add(request: KrepisRequest, status: number, length: number): void;
    put(method: string, path: string, status: number, length: number, tookMs: number): void;
    close(): void;
    flush(): void;
}
/** The access log of an application in a file. */
export declare function accessLog(path: string): Log;
export declare function both(one: Log, other: Log): Log;
