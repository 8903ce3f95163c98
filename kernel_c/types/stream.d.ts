/** Bodies that come in pieces: from async iterables to the kernel, no faster than the client takes them. */
import { type Kernel } from './kernel.ts';
import type { Pieces } from './reply.ts';
import type { Key } from './request.ts';
/**
 * Starts a body and sends it to its end. Errors of the source end the connection, so that the client notices; so does a
 * source that gives more or less than `length` bytes.
 */
export declare function send(kernel: Kernel, key: Key, template: number, fields: string, pieces: Pieces, length?: number): Promise<void>;
