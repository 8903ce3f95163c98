/**
 * Express on the kernel: `import express from 'krepis/express'`.
 *
 * It is the project's own Express, of version 4 or 5: routing, middleware, views and settings are its code. What is
 * different is below it: its applications listen on the kernel, and its requests and responses are those of
 * `krepis/http`. An application that is given to Node's own server works as before.
 */

import express from 'express';
import { createServer, type Server } from '../http/index.ts';
import { Incoming, Outgoing } from '../http/messages.ts';
import type { KernelOptions } from '../kernel.ts';

type Listener = Parameters<typeof createServer>[1];

Object.setPrototypeOf(express.request, Incoming.prototype);
Object.setPrototypeOf(express.response, Outgoing.prototype);

/** Options of the kernel for `listen`: `app.set('kernel', { bodyBytesMax: 1 << 20 })`. */
const SETTING = 'kernel';

Object.assign(express.application, {
  listen(this: express.Application, ...args: unknown[]): Server {
    const options = (this.get(SETTING) ?? {}) as KernelOptions;
    const server = createServer(options, this as unknown as NonNullable<Listener>);
    const done = args.at(-1);
    if (typeof done === 'function') {
      // As Express does: whatever comes first, once.
      let called = false;
      const once = (...told: unknown[]): void => {
        if (!called) done(...told);
        called = true;
      };
      args[args.length - 1] = once;
      server.once('error', once);
    }
    return server.listen(...args);
  },
});

export default express;
export { express as 'module.exports' };
