/**
 * Tenants of an application: limits of their requests, and whose turn is next when there are more than may run at once.
 *
 * The kernel decides, this calls it. What a request costs is the time that its handlers kept the event loop until
 * they first waited; what they do later is not measured.
 */
import type { Isolates } from './isolates.ts';
import { type Answer } from './reply.ts';
import type { KrepisRequest } from './request.ts';
export interface Tenant {
    readonly name: string;
    /** What makes a request its own. */
    readonly hosts?: readonly string[];
    readonly prefixes?: readonly string[];
    /** Values of the header that `TenantOptions` names. */
    readonly headers?: readonly string[];
    /** Its share of the event loop when others wait too. [default: 1] */
    readonly weight?: number;
    /** Requests that run at once. [default: 100] */
    readonly running?: number;
    /** Requests that wait for that; further ones get a 503. [default: 1000] */
    readonly queued?: number;
    /** Requests let in per second; further ones get a 429. [default: as many as come] */
    readonly rate?: number;
    /** How many at once, when there were none for a while. [default: `rate`] */
    readonly burst?: number;
    /** Connections whose first request was its own, open at once; the requests of further ones get a 503. [default: as many as come] */
    readonly connections?: number;
    /** The module whose application answers, in an isolate of its own. [default: that of all] */
    readonly program?: string | URL;
    /** MiB of its isolate. [default: that of all] */
    readonly memoryMb?: number;
}
export interface TenantOptions {
    readonly tenants: readonly Tenant[];
    readonly header?: string;
    /** Requests of all tenants that run at once. [default: 256] */
    readonly running?: number;
    /** The module whose application answers, for each tenant in an isolate of its own: a path, or a URL. */
    readonly program?: string | URL;
    /** MiB that an isolate may have, on its heap and outside of it. [default: 128] */
    readonly memoryMb?: number;
    /** An isolate whose event loop stands still for this long is stopped. [default: 1000] */
    readonly stallMs?: number;
}
export interface TenantMetrics {
    readonly name: string;
    readonly offered: number;
    /** Those that got a 429, and those that got a 503. */
    readonly limited: number;
    readonly refused: number;
    readonly ended: number;
    readonly costMs: number;
    readonly running: number;
    readonly queued: number;
    readonly connections: number;
    /** How often its isolate was started anew. */
    readonly restarts: number;
}
type Run = () => Answer | Promise<Answer>;
export declare class Tenants {
    #private;
    /** @internal */
    isolates: Isolates | undefined;
    constructor({ tenants, header, running }: TenantOptions);
    /** Whose a request is, or -1. */
    of(request: KrepisRequest): number;
    /** Runs a request when its turn comes: at once, if may be. Throws an `HttpError` when it is not let in. */
    run(request: KrepisRequest, handle: Run): Answer | Promise<Answer>;
    metrics(): TenantMetrics[];
    /** The same for Prometheus. */
    text(): string;
}
export {};
