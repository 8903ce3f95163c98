/** What `node:http` programs see of a connection: addresses, and how to end it. There is one for each request. */

import { EventEmitter } from 'node:events';
import type { KrepisRequest } from '../request.ts';

export class Connection extends EventEmitter {
  readonly #request: KrepisRequest;
  readonly #address: (own: boolean) => [string, number] | undefined;
  readonly encrypted: boolean;
  readonly bytesRead = 0;
  readonly bytesWritten = 0;
  readonly writableLength = 0;
  readonly readableHighWaterMark = 65_536;
  readable = true;
  writable = true;
  destroyed = false;

  constructor(request: KrepisRequest) {
    super();
    this.#request = request;
    this.encrypted = request.secure;
    this.#address = request.addresses();
  }

  get remoteAddress(): string | undefined {
    return this.#address(false)?.[0] || undefined;
  }

  get remotePort(): number | undefined {
    return this.#address(false)?.[1];
  }

  get remoteFamily(): string | undefined {
    return familyOf(this.remoteAddress);
  }

  get localAddress(): string | undefined {
    return this.#address(true)?.[0] || undefined;
  }

  get localPort(): number | undefined {
    return this.#address(true)?.[1];
  }

  get localFamily(): string | undefined {
    return familyOf(this.localAddress);
  }

  address(): { address?: string | undefined; family?: string | undefined; port?: number | undefined } {
    return { address: this.localAddress, family: this.localFamily, port: this.localPort };
  }

  /** Ends the connection, with what was not sent. */
  destroy(error?: Error): this {
    if (this.destroyed) return this;
    if (!this.#request.settled) this.#request.abort();
    this.gone();
    if (error) process.nextTick(() => this.emit('error', error));
    return this;
  }

  destroySoon(): void {
    this.destroy();
  }

  end(): this {
    return this.destroy();
  }

  /** @internal The client went away. */
  gone(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.readable = this.writable = false;
    process.nextTick(() => this.emit('close', false));
  }

  write(): never {
    throw new Error('the kernel writes to connections by itself: sockets cannot be taken over');
  }

  // Limits and options of sockets are the kernel's.
  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
  pause(): this {
    return this;
  }
  resume(): this {
    return this;
  }
  cork(): void {}
  uncork(): void {}
}

function familyOf(address: string | undefined): string | undefined {
  return address && (address.includes(':') ? 'IPv6' : 'IPv4');
}
