/**
 * TypeScript that Node cannot run as it is: decorators, JSX, and what is imported for its type alone. The project's own
 * compiler makes it JavaScript, one file at a time, with a source map in it: TypeScript 5 or 6, else esbuild.
 *
 * Other files stay Node's, which keeps lines and columns by itself. Types are not checked.
 */
/** What tsconfig.json says, as `krepis run` reads it. */
export interface CompilerTask {
    /** Where the compiler is looked for. */
    readonly root: string;
    /** Patterns with at most one `*`, and absolute paths to try in turn. */
    readonly paths: readonly (readonly [string, readonly string[]])[];
    /** Options of the compiler that change what comes out. */
    readonly options: Readonly<Record<string, unknown>>;
    /** Whether files that end in `.ts` become CommonJS. */
    readonly commonjs: boolean;
}
/** A file cannot be compiled; the message says where and what to do. */
export declare class CompileError extends Error {
    readonly code = "ERR_KREPIS_COMPILE";
}
export declare class Compiler {
    #private;
    constructor(task: CompilerTask);
    /** The JavaScript of a file and how it is to be run, or undefined when Node is to run it as it is. */
    compiled(path: string, text: string): {
        source: string;
        format: 'module' | 'commonjs';
    } | undefined;
}
/** What a program exports as its default, of the module that it became. */
export declare function defaultOf(loaded: {
    default?: unknown;
}): unknown;
