/** How `krepis run` and isolates find modules: `krepis` is this SDK, `express` the project's, and what Node alone does not try. */
import { type CompilerTask } from './compile.ts';
export interface Seen {
    /** A file of the project was loaded, or was looked for in vain. */
    file(path: string): void;
    /** The program imports the SDK. */
    sdk(): void;
}
export declare function registerResolution(seen: Seen, task?: CompilerTask): void;
