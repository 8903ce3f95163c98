/** The addon, and the words that it shares with JavaScript; nothing else knows their layout. */

import { createRequire } from 'node:module';
import { hosting } from './host.ts';
import { checkTls, type TlsOptions } from './tls.ts';
import type { Upload } from './upload.ts';

export type Handle = { readonly handle: unique symbol };

export interface KernelOptions {
  readonly lineBytesMax?: number;
  readonly headBytesMax?: number;
  readonly fieldsMax?: number;
  readonly bodyBytesMax?: number;
  /** Of a body that a handler takes in pieces. [default: 4 GiB] */
  readonly streamBytesMax?: number;
  readonly connectionsMax?: number;
  readonly bodiesMax?: number;
  readonly blocksMax?: number;
  readonly pipelineMax?: number;
  readonly routesMax?: number;
  readonly idleMs?: number;
  readonly headMs?: number;
  readonly bodyMs?: number;
  readonly writeMs?: number;
  readonly handlerMs?: number;
  readonly lingerMs?: number;
  /** Every connection is TLS. `krepis run --tls-cert --tls-key` wins. */
  readonly tls?: TlsOptions;
}

interface Opened {
  readonly handle: Handle;
  readonly memory: ArrayBuffer;
  readonly rows: ArrayBuffer;
  readonly answers: ArrayBuffer;
  readonly meta: ArrayBuffer;
  readonly notices: ArrayBuffer;
}

interface Addon {
  open(options: KernelOptions): Opened;
  start(
    handle: Handle,
    tick: (count: number) => string,
    flush: () => string,
    notice: (count: number) => void,
    stopped: () => void,
  ): void;
  route(handle: Handle, method: number, pattern: string): number;
  fallback(handle: Handle): number;
  pieces(handle: Handle, route: number): void;
  pull(handle: Handle, connection: number, generation: number, sequence: number): number;
  fixed(
    handle: Handle,
    method: number,
    pattern: string,
    status: number,
    fields: string,
    body: Uint8Array,
  ): void;
  files(handle: Handle, pattern: string, directory: string): void;
  template(handle: Handle, status: number, fields: string): number;
  apply(handle: Handle, text: string, count: number): void;
  bytes(
    handle: Handle,
    connection: number,
    generation: number,
    sequence: number,
    template: number,
    fields: string,
    body: Uint8Array,
  ): void;
  stream(
    handle: Handle,
    connection: number,
    generation: number,
    sequence: number,
    template: number,
    fields: string,
    length: number,
  ): number;
  upgrade(handle: Handle, connection: number, generation: number, sequence: number, fields: string): number;
  hangUp(handle: Handle, connection: number, generation: number, sequence: number, code: number): number;
  socketDeflates(handle: Handle, connection: number, generation: number, sequence: number): void;
  chunk(handle: Handle, connection: number, generation: number, sequence: number, data: Uint8Array): number;
  finish(handle: Handle, connection: number, generation: number, sequence: number): void;
  abort(handle: Handle, connection: number, generation: number, sequence: number): void;
  follow(handle: Handle, connection: number, generation: number): number;
  yieldTo(thread: number, by: number, sliceUs: number): void;
  rest(thread: number): void;
  canRest(): boolean;
  threads(): number[];
  cpuMs(thread: number): number;
  yieldHelpers(by: number): void;
  address(handle: Handle, connection: number, generation: number, own: boolean): [string, number] | undefined;
  match(handle: Handle, method: number, path: string): number[] | number;
  listen(handle: Handle, address: string, port: number): number;
  secure(handle: Handle, cert: string, key: string, handshakeMs: number): void;
  adopt(handle: Handle, descriptor: number): number;
  listener(handle: Handle): number;
  descriptorOf(pid: number, descriptor: number): number;
  stop(handle: Handle, graceMs: number, handOver: boolean): void;
  metrics(handle: Handle): number[];
  metricsText(handle: Handle): string;
  tenantsNew(limits: Uint32Array, requestsMax: number, runningMax: number): object;
  tenantsRule(handle: object, tenant: number, kind: number, text: string): number;
  tenantsFind(handle: object, host: string | undefined, path: string, header: string | undefined): number;
  tenantsOpen(handle: object, tenant: number): number;
  tenantsClose(handle: object, tenant: number): void;
  tenantsOffer(handle: object, tenant: number, nowMs: number): number;
  tenantsTake(handle: object): number;
  tenantsEnd(handle: object, request: number, costUs: number): void;
  tenantsMetrics(handle: object, tenant: number): number[];
}

/** `KREPIS_ADDON` names an addon that was built elsewhere. */
export const addon = createRequire(import.meta.url)(
  process.env.KREPIS_ADDON ?? '../build/krepis.node',
) as Addon;

export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'] as const;
export type Method = (typeof METHODS)[number];

/** Words of a row, as in `krepis_kernel.h`. */
export const Row = {
  ROUTE: 0,
  CONNECTION: 1,
  GENERATION: 2,
  SEQUENCE: 3,
  METHOD: 4,
  FLAGS: 5,
  BASE: 6,
  LINE: 7,
  METHOD_LENGTH: 8,
  FIELDS: 9,
  HEAD_LENGTH: 10,
  BODY: 11,
  BODY_LENGTH: 12,
  PATH: 13,
  PATH_LENGTH: 14,
  QUERY_LENGTH: 15,
  PARAMS_COUNT: 16,
  PARAMS: 17,
  WORDS: 33,
} as const;

/** The route of rows that are messages of a WebSocket: opcode in FLAGS, code of a close in METHOD. */
export const ROUTE_SOCKET = -2;
/** With the opcode: the message is compressed. */
export const SOCKET_DEFLATED = 16;

/** The route of rows that are pieces of a body; what FLAGS says of those, and of a request whose body comes so. */
export const ROUTE_BODY = -3;
export const BodyFlag = { COMES: 128, ENDS: 256, BROKEN: 512 } as const;
/** In FLAGS of a request. */
export const OVER_TLS = 1024;

/** Words of the table of answers, and of the shared state, as in `binding.c`. */
export const Answer = {
  CONNECTION: 0,
  GENERATION: 1,
  SEQUENCE: 2,
  TEMPLATE: 3,
  FIELDS: 4,
  BODY: 5,
  WORDS: 6,
} as const;
export const Meta = { EPOCH: 0, ANSWERS: 1, DUE: 2 } as const;
export const ANSWERS_MAX = 1024;

/** A buffer with the two methods that Node does not document: `toString` without its checks. */
export interface Memory extends Buffer {
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
}

/** Hears once what became of a connection: `gone`, or else it can take more. */
export interface Watcher {
  readonly connection: number;
  readonly generation: number;
  hear(gone: boolean): void;
}

/** As in `kr_options_default`. */
const BODY_BYTES_MAX = 1 << 20;

/** Of an application in an isolate, which has no sockets: its tenant pays for this memory. */
const UNUSED: KernelOptions = { connectionsMax: 1, bodiesMax: 1, bodyBytesMax: 16_384, blocksMax: 4 };

/** The kernel's memory, seen from here. Requests are in `memory` until the kernel's next tick. */
export class Kernel {
  readonly handle: Handle;
  readonly memory: Memory;
  readonly rows: Int32Array;
  readonly answers: Int32Array;
  readonly meta: Uint32Array;
  readonly #notices: Int32Array;
  /** Bytes of a request's body, or of a message. */
  readonly bodyBytesMax: number;
  readonly #tls: TlsOptions | undefined;
  /** Bodies under way, by their connection. */
  readonly uploads = new Map<number, Upload>();
  /** Who waits for news of a connection, by its number. */
  readonly #watchers = new Map<number, Set<Watcher>>();

  constructor(options: KernelOptions) {
    const opened = addon.open(hosting.host?.adopt ? UNUSED : options);
    this.handle = opened.handle;
    this.bodyBytesMax = options.bodyBytesMax ?? BODY_BYTES_MAX;
    this.#tls = options.tls;
    this.memory = Buffer.from(opened.memory) as Memory;
    this.rows = new Int32Array(opened.rows);
    this.answers = new Int32Array(opened.answers);
    this.meta = new Uint32Array(opened.meta);
    this.#notices = new Int32Array(opened.notices);
  }

  /** Before it listens; throws when there is a certificate that cannot be used. */
  takeCertificate(): void {
    const tls = hosting.host?.tls ?? this.#tls;
    if (tls === undefined) return;
    checkTls(tls);
    addon.secure(this.handle, tls.cert, tls.key, tls.handshakeMs ?? 0);
  }

  watch(watcher: Watcher): void {
    const others = this.#watchers.get(watcher.connection);
    if (others) others.add(watcher);
    else this.#watchers.set(watcher.connection, new Set([watcher]));
  }

  unwatch(watcher: Watcher): void {
    const others = this.#watchers.get(watcher.connection);
    others?.delete(watcher);
    if (others?.size === 0) this.#watchers.delete(watcher.connection);
  }

  /** Passes on what the kernel has to tell. */
  notice(count: number): void {
    for (let at = 0; at < 3 * count; at += 3) {
      const generation = this.#notices[at + 1];
      for (const watcher of [...(this.#watchers.get(this.#notices[at] as number) ?? [])]) {
        if (watcher.generation === generation) watcher.hear(this.#notices[at + 2] === 1);
      }
    }
  }
}
