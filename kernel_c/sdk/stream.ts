/** Bodies that come in pieces: from async iterables to the kernel, no faster than the client takes them. */

import { addon, type Kernel, type Watcher } from './kernel.ts';
import type { Pieces } from './reply.ts';
import type { Key } from './request.ts';

/** As in `krepis_kernel.h`. */
const HIGH_BYTES = 65_536;

/**
 * Starts a body and sends it to its end. Errors of the source end the connection, so that the client notices; so does a
 * source that gives more or less than `length` bytes.
 */
export async function send(
  kernel: Kernel,
  key: Key,
  template: number,
  fields: string,
  pieces: Pieces,
  length = -1,
): Promise<void> {
  const { connection, generation, sequence } = key;
  const started = addon.stream(kernel.handle, connection, generation, sequence, template, fields, length);
  const source = pieces[Symbol.asyncIterator]();
  if (started !== 0) {
    await source.return?.();
    return;
  }
  let gone = false;
  let wake = (): void => {};
  const watcher: Watcher = {
    connection,
    generation,
    hear: (is) => {
      gone ||= is;
      wake();
    },
  };
  kernel.watch(watcher);
  let left = length;
  try {
    for (let next = await source.next(); !next.done; next = await source.next()) {
      const data = typeof next.value === 'string' ? Buffer.from(next.value) : next.value;
      left -= length < 0 ? 0 : data.length;
      if (length >= 0 && left < 0) throw new RangeError(`the body has more than ${length} bytes`);
      const waits = gone ? -1 : addon.chunk(kernel.handle, connection, generation, sequence, data);
      if (waits > HIGH_BYTES) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (waits < 0 || gone) {
        await source.return?.();
        return;
      }
    }
    if (left > 0) throw new RangeError(`the body lacks ${left} of ${length} bytes`);
    addon.finish(kernel.handle, connection, generation, sequence);
  } catch (error) {
    addon.abort(kernel.handle, connection, generation, sequence);
    throw error;
  } finally {
    kernel.unwatch(watcher);
  }
}
