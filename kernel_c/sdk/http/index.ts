/**
 * `createServer` of `node:http` on the kernel: programs and frameworks that are written for Node's server run on it.
 *
 * Different from Node: connections cannot be taken over (`upgrade` and `CONNECT`), trailers and informational responses
 * are not sent, and the kernel's limits apply.
 */

import { EventEmitter } from 'node:events';
import { isIP } from 'node:net';
import { App, type Listening } from '../app.ts';
import type { KernelOptions } from '../kernel.ts';
import { taken } from '../port.ts';
import { type Incoming, messages, type Outgoing } from './messages.ts';

export { Incoming as IncomingMessage, Outgoing as ServerResponse } from './messages.ts';

/** What a listener of `node:http` is. */
export type Listener = (request: Incoming, response: Outgoing) => unknown;

const GRACE_MAX_MS = 0x7fffffff;

export class Server extends EventEmitter {
  readonly #options: KernelOptions;
  #listening: Listening | undefined;
  #at: { address: string; family: string; port: number } | string | null = null;
  #open = 0;

  constructor(options: KernelOptions = {}, listener?: Listener) {
    super();
    // A listener takes a body as it comes, unless all of it came with the head.
    const { bodyBytesMax, streamBytesMax = bodyBytesMax } = options;
    this.#options = { ...options, ...(streamBytesMax === undefined ? {} : { streamBytesMax }) };
    if (listener) this.on('request', listener);
  }

  get listening(): boolean {
    return this.#listening !== undefined;
  }

  /** Libraries look whether there is one. */
  get _handle(): object | null {
    return this.#listening ?? null;
  }

  address(): { address: string; family: string; port: number } | string | null {
    return this.#at;
  }

  /** `listen(port, [host], [backlog], [callback])`, `listen(path)` or `listen({ port, host, path })`. */
  listen(...args: unknown[]): this {
    const last = args.at(-1);
    if (typeof last === 'function') this.once('listening', last as () => void);
    const given = args.filter((one) => typeof one !== 'function' && one !== undefined && one !== null);
    const [first, second] = given;
    const {
      port = 0,
      host,
      path,
    } = (typeof first === 'object' ? first : {}) as {
      port?: number;
      host?: string;
      path?: string;
    };
    const wanted = path ?? (typeof first === 'object' ? port : (first ?? 0));
    const isPort = typeof wanted === 'number' || /^\d+$/.test(`${wanted}`);
    try {
      this.#bind(isPort ? Number(wanted) : `${wanted}`, typeof second === 'string' ? second : host);
    } catch (error) {
      process.nextTick(() => this.emit('error', error));
      return this;
    }
    process.nextTick(() => this.emit('listening'));
    return this;
  }

  #bind(port: number | string, host: string | undefined): void {
    if (this.#listening)
      throw Object.assign(new Error('Listen method has been called more than once without closing.'), {
        code: 'ERR_SERVER_ALREADY_LISTEN',
      });
    if (typeof port === 'number' && !(port >= 0 && port < 65_536))
      throw Object.assign(new RangeError(`options.port should be >= 0 and < 65536. Received ${port}.`), {
        code: 'ERR_SOCKET_BAD_PORT',
      });
    const address = host === undefined ? '::' : host === 'localhost' ? '127.0.0.1' : host;
    if (isIP(address) === 0)
      throw Object.assign(new Error(`the kernel listens on IP addresses, and ${address} is none`), {
        code: 'EADDRNOTAVAIL',
      });
    if (typeof port === 'number' && port !== 0 && taken(port, address))
      throw Object.assign(new Error(`listen EADDRINUSE: address already in use ${address}:${port}`), {
        code: 'EADDRINUSE',
        errno: -98,
        syscall: 'listen',
        address,
        port,
      });
    const app = new App(this.#options).fallback(
      (request) => {
        const [req, res] = messages(request);
        this.#open++;
        res.once('close', () => this.#open--);
        this.emit('request', req, res);
        return res.answer;
      },
      { stream: true },
    );
    this.#listening = app.listen(port, address);
    const bound = this.#listening.port;
    this.#at =
      typeof port === 'string'
        ? port
        : { address, family: address.includes(':') ? 'IPv6' : 'IPv4', port: bound };
    if (this.listenerCount('upgrade') > 0)
      process.emitWarning('the kernel does not hand over connections: listeners of "upgrade" are not called');
  }

  /** Takes no more connections, and closes when all requests are answered. */
  close(callback?: (error?: Error) => void): this {
    const listening = this.#listening;
    if (listening === undefined) {
      const error = Object.assign(new Error('Server is not running.'), { code: 'ERR_SERVER_NOT_RUNNING' });
      if (callback) process.nextTick(callback, error);
      return this;
    }
    if (callback) this.once('close', () => callback());
    this.#listening = undefined;
    this.#at = null;
    void listening.close(GRACE_MAX_MS).then(() => this.emit('close'));
    this.closeAllConnections = () => void listening.close(0);
    return this;
  }

  /** Ends all connections, with what was not sent. */
  closeAllConnections(): void {
    this.close();
    this.closeAllConnections();
  }

  /** The kernel closes those by itself, after `idleMs` and when it stops. */
  closeIdleConnections(): void {}

  getConnections(callback: (error: null, count: number) => void): this {
    const count = this.#listening?.metrics().connectionsOpen ?? 0;
    process.nextTick(callback, null, count);
    return this;
  }

  setTimeout(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#listening) await new Promise((resolve) => this.close(resolve));
  }
}

/** `createServer([options], [listener])`; the options are those of the kernel. */
export function createServer(options?: KernelOptions | Listener, listener?: Listener): Server {
  return typeof options === 'function' ? new Server({}, options) : new Server(options, listener);
}
