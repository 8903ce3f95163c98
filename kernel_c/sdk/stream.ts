/** Bodies that come in pieces: from async iterables to the kernel, no faster than the client takes them. */

import { addon, type Kernel, type Watcher } from './kernel.ts';
import type { Pieces } from './reply.ts';
import type { Key } from './request.ts';

/** As in `krepis_kernel.h`. */
const HIGH_BYTES = 65_536;

/** Starts a body and sends it to its end. Errors of the source end the connection, so that the client notices. */
export async function send(
  kernel: Kernel,
  key: Key,
  template: number,
  fields: string,
  pieces: Pieces,
): Promise<void> {
  const { connection, generation, sequence } = key;
  const started = addon.stream(kernel.handle, connection, generation, sequence, template, fields);
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
  try {
    for (let next = await source.next(); !next.done; next = await source.next()) {
      const data = typeof next.value === 'string' ? Buffer.from(next.value) : next.value;
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
    addon.finish(kernel.handle, connection, generation, sequence);
  } catch (error) {
    addon.abort(kernel.handle, connection, generation, sequence);
    throw error;
  } finally {
    kernel.unwatch(watcher);
  }
}
