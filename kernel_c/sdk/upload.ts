/** Bodies of requests that come in pieces: each is read from the client when somebody asks for it. */

import { addon, BodyFlag, type Kernel, Row, type Watcher } from './kernel.ts';
import type { Key } from './request.ts';

/** Of the error when a request is answered before its body was read. */
export const OVER = 'ERR_KREPIS_OVER';
const GONE = 'the rest of the body does not come: the client is gone';
const BROKEN = 'the rest of the body does not come: it is malformed, too long or too late';

export class Upload implements Watcher {
  readonly connection: number;
  readonly generation: number;
  readonly #sequence: number;
  readonly #kernel: Kernel;
  #waiting: PromiseWithResolvers<Uint8Array | undefined> | undefined;
  /** All of it came. */
  #complete = false;
  #error: Error | undefined;

  constructor(kernel: Kernel, { connection, generation, sequence }: Key) {
    this.connection = connection;
    this.generation = generation;
    this.#sequence = sequence;
    this.#kernel = kernel;
    kernel.uploads.set(connection, this);
    kernel.watch(this);
  }

  /** The next piece, or undefined at the end. To be called again when the promise before is settled. */
  next(): Promise<Uint8Array | undefined> {
    if (this.#complete) return Promise.resolve(undefined);
    const { connection, generation } = this;
    if (
      this.#error === undefined &&
      addon.pull(this.#kernel.handle, connection, generation, this.#sequence) < 0
    )
      this.#fail(GONE);
    if (this.#error !== undefined) return Promise.reject(this.#error);
    this.#waiting = Promise.withResolvers<Uint8Array | undefined>();
    return this.#waiting.promise;
  }

  /** A row of the kernel's is about it. */
  take(at: number): void {
    const { rows, memory } = this.#kernel;
    if (rows[at + Row.GENERATION] !== this.generation || rows[at + Row.SEQUENCE] !== this.#sequence) return;
    const flags = rows[at + Row.FLAGS] as number;
    if (flags & BodyFlag.BROKEN) {
      this.#fail(BROKEN);
      return;
    }
    const start = rows[at + Row.BASE] as number;
    const length = rows[at + Row.BODY_LENGTH] as number;
    if (flags & BodyFlag.ENDS) {
      this.#complete = true;
      this.#leave();
    }
    const piece = length > 0 ? Uint8Array.prototype.slice.call(memory, start, start + length) : undefined;
    this.#waiting?.resolve(piece);
    this.#waiting = undefined;
  }

  hear(gone: boolean): void {
    if (gone) this.#fail(GONE);
  }

  /** The request is answered, and nobody wants the rest. */
  end(): void {
    if (!this.#complete) this.#fail('the request is over', OVER);
  }

  #fail(why: string, code = 'ECONNRESET'): void {
    this.#error ??= Object.assign(new Error(why), { code });
    this.#waiting?.reject(this.#error);
    this.#waiting = undefined;
    this.#leave();
  }

  #leave(): void {
    const { uploads } = this.#kernel;
    if (uploads.get(this.connection) === this) uploads.delete(this.connection);
    this.#kernel.unwatch(this);
  }
}

/** No more of it is read than somebody asked for. */
export function streamOf(
  next: () => Promise<Uint8Array | undefined>,
  end: () => void,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const piece = await next();
        if (piece === undefined) controller.close();
        else controller.enqueue(piece);
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}
