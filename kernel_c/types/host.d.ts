/** Who runs an application: nobody in particular, or `krepis run`, which has a say in where it listens and what is shown. */
import type { App, Listening } from './app.ts';
import type { CompilerTask } from './compile.ts';
import type { Log } from './log.ts';
import type { Reply } from './reply.ts';
import type { TenantOptions } from './tenants.ts';
import type { TlsOptions } from './tls.ts';
/** A page that is not the application's own; its hooks do not run. */
export interface Served {
    readonly path: string;
    answer(): Reply | Promise<Reply>;
}
export interface Host {
    readonly log: Log | undefined;
    /** The tenants of every application, unless it has its own. */
    readonly tenants?: TenantOptions | undefined;
    /** Every application that listens does so with this certificate. */
    readonly tls?: TlsOptions | undefined;
    /** How programs are compiled, those of isolates too. */
    readonly compiler?: CompilerTask | undefined;
    /** Where to listen instead of what the program asked for, with a socket that does already; throws when that cannot be. */
    place(port: number | string, address: string): {
        port: number | string;
        address: string;
        descriptor?: number | undefined;
    };
    /** An application wants to listen, and is not to: this is an isolate, which is asked otherwise. */
    adopt?(app: App): Listening;
    /** A file of a program was loaded, in an isolate. */
    file?(path: string): void;
    /** Pages beside those of an application that listens there, unless it has routes of the same paths. */
    pages?(address: string): readonly Served[];
    listening(server: Listening, port: number | string, address: string, routes: readonly string[]): void;
}
export declare const hosting: {
    host: Host | undefined;
};
