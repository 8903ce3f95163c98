/** WebSockets (RFC 6455). The kernel reads and checks frames, and answers pings; what is sent is framed here. */

import { createHash } from 'node:crypto';
import { addon, type Kernel, Row, type Watcher } from './kernel.ts';
import { fieldLines, HttpError } from './reply.ts';
import type { Key, KrepisRequest } from './request.ts';

export type Message = string | Uint8Array;

/** What an application does with its sockets. `Data` is what `upgrade` gave for one, its own all its life. */
export interface SocketHandlers<Path extends string, Services, Data> {
  /** May refuse, by throwing an `HttpError`; what it returns becomes `socket.data`. */
  upgrade?(request: KrepisRequest<Path>, services: Services): Data | Promise<Data>;
  /** The subprotocols that are spoken, the best first. */
  readonly protocols?: readonly string[];
  /** Whose pages may connect; `['*']` means everybody's. Requests without an `Origin` come from no page. [default: the host's own] */
  readonly origins?: readonly string[];
  open?(socket: Socket<Data>): unknown;
  message?(socket: Socket<Data>, message: Message): unknown;
  /** Sockets that fail or are lost close with 1006, or the code of what was wrong. */
  close?(socket: Socket<Data>, code: number, reason: string): unknown;
  /** All was sent after `send` had said that more than 64 KiB waits. */
  drain?(socket: Socket<Data>): unknown;
}

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const HIGH_BYTES = 65_536;
/** A ping goes out this often, so that the network finds out about clients that are gone. */
const PING_MS = 30_000;
const PING_FRAME = frame(PING, new Uint8Array());

/** One frame with all of a message. */
export function frame(opcode: number, data: Uint8Array): Uint8Array {
  const { length } = data;
  const extra = length > 65_535 ? 8 : length > 125 ? 2 : 0;
  const out = Buffer.allocUnsafe(2 + extra + length);
  out[0] = 0x80 | opcode;
  out[1] = extra === 8 ? 127 : extra === 2 ? 126 : length;
  if (extra === 2) out.writeUInt16BE(length, 2);
  if (extra === 8) out.writeBigUInt64BE(BigInt(length), 2);
  out.set(data, 2 + extra);
  return out;
}

function framed(message: Message): Uint8Array {
  return typeof message === 'string' ? frame(TEXT, Buffer.from(message)) : frame(BINARY, message);
}

export class Socket<Data = unknown> {
  readonly #kernel: Kernel;
  readonly #key: Key;
  readonly #room: Room;
  readonly #topics = new Set<string>();
  readonly data: Data;
  readonly protocol: string | undefined;
  #open = true;

  /** @internal */
  constructor(kernel: Kernel, key: Key, room: Room, data: Data, protocol: string | undefined) {
    this.#kernel = kernel;
    this.#key = key;
    this.#room = room;
    this.data = data;
    this.protocol = protocol;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Returns how many bytes wait to be sent; a producer should stop above 64 KiB, until `drain`. -1 when it is closed. */
  send(message: Message): number {
    return this.sendFrame(framed(message));
  }

  /** @internal */
  sendFrame(bytes: Uint8Array): number {
    if (!this.#open) return -1;
    const { connection, generation, sequence } = this.#key;
    const waits = addon.chunk(this.#kernel.handle, connection, generation, sequence, bytes);
    if (waits < 0) this.#room.gone(this, 1006, '');
    return waits < 0 ? -1 : waits;
  }

  /** Says that it is over; nothing is sent or heard after that. */
  close(code = 1000): void {
    if (!this.#open) return;
    const { connection, generation, sequence } = this.#key;
    if (addon.hangUp(this.#kernel.handle, connection, generation, sequence, code) === -2)
      throw new RangeError(`${code} is no code to close with`);
    this.#room.gone(this, code, '');
  }

  subscribe(topic: string): void {
    if (!this.#open) return;
    this.#topics.add(topic);
    this.#room.add(topic, this);
  }

  unsubscribe(topic: string): void {
    this.#topics.delete(topic);
    this.#room.remove(topic, this);
  }

  /** Sends to all others of a topic; the frame is made once. Those for whom more than 64 KiB wait already are left out. */
  publish(topic: string, message: Message): number {
    return this.#room.publish(topic, message, this);
  }

  /** @internal */
  end(): boolean {
    const was = this.#open;
    this.#open = false;
    for (const topic of this.#topics) this.#room.remove(topic, this);
    return was;
  }

  /** @internal */
  get key(): Key {
    return this.#key;
  }
}

/** The sockets of an application. */
export class Room {
  readonly #kernel: Kernel;
  readonly #sockets = new Map<
    number,
    { socket: Socket; on: SocketHandlers<string, object, unknown>; watcher: Watcher }
  >();
  readonly #topics = new Map<string, Set<Socket>>();
  readonly #slow = new Set<Socket>();
  readonly #fail: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(kernel: Kernel, fail: (error: unknown) => void) {
    this.#kernel = kernel;
    this.#fail = fail;
  }

  /** Opens a socket for a request that `accepts` has looked at. */
  open(
    key: Key,
    fields: string,
    on: SocketHandlers<string, object, unknown>,
    data: unknown,
    protocol: string | undefined,
  ): void {
    const { connection, generation, sequence } = key;
    if (addon.upgrade(this.#kernel.handle, connection, generation, sequence, fields) !== 0) {
      throw new HttpError(400, 'a WebSocket cannot begin here');
    }
    const socket = new Socket(this.#kernel, key, this, data, protocol);
    const watcher: Watcher = {
      connection,
      generation,
      hear: (gone) => {
        if (gone) this.gone(socket, 1006, '');
        else if (this.#slow.delete(socket)) this.#call(socket, () => on.drain?.(socket));
      },
    };
    this.#kernel.watch(watcher);
    this.#sockets.set(connection, { socket, on, watcher });
    this.#timer ??= setInterval(() => this.#ping(), PING_MS).unref();
    this.#call(socket, () => on.open?.(socket));
  }

  /** A row of the kernel's that is a message. */
  hear(at: number): void {
    const { rows, memory } = this.#kernel;
    const known = this.#sockets.get(rows[at + Row.CONNECTION] as number);
    if (known === undefined || known.socket.key.generation !== rows[at + Row.GENERATION]) return;
    const { socket, on } = known;
    const opcode = rows[at + Row.FLAGS];
    const start = (rows[at + Row.BASE] as number) + (rows[at + Row.BODY] as number);
    const end = start + (rows[at + Row.BODY_LENGTH] as number);
    if (opcode === CLOSE) {
      const { connection, generation, sequence } = socket.key;
      const code = rows[at + Row.METHOD] as number;
      addon.hangUp(this.#kernel.handle, connection, generation, sequence, code);
      this.gone(socket, code, memory.utf8Slice(start, end));
      return;
    }
    const message =
      opcode === TEXT ? memory.utf8Slice(start, end) : Uint8Array.prototype.slice.call(memory, start, end);
    this.#call(socket, () => on.message?.(socket, message));
  }

  gone(socket: Socket, code: number, reason: string): void {
    if (!socket.end()) return;
    const known = this.#sockets.get(socket.key.connection);
    if (known?.socket !== socket) return;
    this.#sockets.delete(socket.key.connection);
    this.#slow.delete(socket);
    this.#kernel.unwatch(known.watcher);
    if (this.#sockets.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    this.#call(socket, () => known.on.close?.(socket, code, reason));
  }

  add(topic: string, socket: Socket): void {
    const members = this.#topics.get(topic);
    if (members) members.add(socket);
    else this.#topics.set(topic, new Set([socket]));
  }

  remove(topic: string, socket: Socket): void {
    const members = this.#topics.get(topic);
    members?.delete(socket);
    if (members?.size === 0) this.#topics.delete(topic);
  }

  /** Returns how many it was sent to. */
  publish(topic: string, message: Message, except?: Socket): number {
    const bytes = framed(message);
    let sent = 0;
    for (const socket of [...(this.#topics.get(topic) ?? [])]) {
      if (socket === except || this.#slow.has(socket)) continue;
      const waits = socket.sendFrame(bytes);
      if (waits > HIGH_BYTES) this.#slow.add(socket);
      sent += waits >= 0 ? 1 : 0;
    }
    return sent;
  }

  closeAll(): void {
    for (const { socket } of [...this.#sockets.values()]) socket.close(1001);
  }

  #ping(): void {
    for (const { socket } of [...this.#sockets.values()]) socket.sendFrame(PING_FRAME);
  }

  /** A handler that fails closes its socket. */
  #call(socket: Socket, run: () => unknown): void {
    const fail = (error: unknown): void => {
      this.#fail(error);
      socket.close(1011);
    };
    try {
      const result = run();
      if (result instanceof Promise) result.catch(fail);
    } catch (error) {
      fail(error);
    }
  }
}

/** The field lines of the answer to an opening handshake (section 4.2), and the protocol. Throws an `HttpError`. */
export function accepts(
  request: KrepisRequest,
  { protocols = [], origins }: SocketHandlers<string, object, unknown>,
): { fields: string; protocol: string | undefined } {
  const has = (name: string, token: string): boolean =>
    (request.header(name) ?? '').split(',').some((one) => one.trim().toLowerCase() === token);
  if (!has('upgrade', 'websocket') || !has('connection', 'upgrade'))
    throw new HttpError(426, 'this is a WebSocket', { upgrade: 'websocket' });
  if (request.header('sec-websocket-version') !== '13')
    throw new HttpError(426, 'version 13 is spoken here', { 'sec-websocket-version': '13' });
  const key = request.header('sec-websocket-key') ?? '';
  if (!/^[A-Za-z0-9+/]{22}==$/.test(key)) throw new HttpError(400, 'malformed Sec-WebSocket-Key');
  const origin = request.header('origin');
  if (origin !== undefined && !originAllowed(origin, request.header('host'), origins))
    throw new HttpError(403, 'pages of this origin may not connect');
  const wanted = (request.header('sec-websocket-protocol') ?? '').split(',').map((one) => one.trim());
  const protocol = protocols.find((one) => wanted.includes(one));
  const accept = createHash('sha1')
    .update(key + MAGIC)
    .digest('base64');
  return {
    fields: fieldLines({
      'sec-websocket-accept': accept,
      ...(protocol === undefined ? {} : { 'sec-websocket-protocol': protocol }),
    }),
    protocol,
  };
}

function originAllowed(
  origin: string,
  host: string | undefined,
  allowed: readonly string[] | undefined,
): boolean {
  if (allowed) return allowed.includes('*') || allowed.includes(origin);
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}
