/** WebSockets (RFC 6455). The kernel reads and checks frames, and answers pings; what is sent is framed here. */

import { createHash } from 'node:crypto';
import { agree, DEFLATE_FROM_BYTES, deflated, inflated } from './deflate.ts';
import { addon, type Kernel, Row, SOCKET_DEFLATED, type Watcher } from './kernel.ts';
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
  /** Whether messages may be compressed. Not for secrets beside what others can choose: lengths tell (CRIME). [default: no] */
  readonly deflate?: boolean;
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
/** RFC 7692 section 6: the first reserved bit. */
const COMPRESSED = 0x40;
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

/** A message in one frame, compressed if `windowBits` says how and it gains by that. */
function framed(message: Message, windowBits: number): Uint8Array {
  const [opcode, data] = typeof message === 'string' ? [TEXT, Buffer.from(message)] : [BINARY, message];
  const small = windowBits > 0 && data.length >= DEFLATE_FROM_BYTES ? deflated(data, windowBits) : data;
  return small.length < data.length ? frame(opcode | COMPRESSED, small) : frame(opcode, data);
}

export class Socket<Data = unknown> {
  readonly #kernel: Kernel;
  readonly #key: Key;
  readonly #room: Room;
  readonly #topics = new Set<string>();
  readonly data: Data;
  readonly protocol: string | undefined;
  /** @internal Of what is sent compressed, or 0. */
  readonly windowBits: number;
  #open = true;

  /** @internal */
  constructor(
    kernel: Kernel,
    key: Key,
    room: Room,
    data: Data,
    protocol: string | undefined,
    windowBits: number,
  ) {
    this.#kernel = kernel;
    this.windowBits = windowBits;
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
    return this.#open ? this.sendFrame(framed(message, this.windowBits)) : -1;
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
    windowBits: number,
  ): void {
    const { connection, generation, sequence } = key;
    if (addon.upgrade(this.#kernel.handle, connection, generation, sequence, fields) !== 0) {
      throw new HttpError(400, 'a WebSocket cannot begin here');
    }
    if (windowBits > 0) addon.socketDeflates(this.#kernel.handle, connection, generation, sequence);
    const socket = new Socket(this.#kernel, key, this, data, protocol, windowBits);
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
    const flags = rows[at + Row.FLAGS] as number;
    const opcode = flags & ~SOCKET_DEFLATED;
    const start = (rows[at + Row.BASE] as number) + (rows[at + Row.BODY] as number);
    const end = start + (rows[at + Row.BODY_LENGTH] as number);
    if (opcode === CLOSE) {
      const { connection, generation, sequence } = socket.key;
      const code = rows[at + Row.METHOD] as number;
      addon.hangUp(this.#kernel.handle, connection, generation, sequence, code);
      this.gone(socket, code, memory.utf8Slice(start, end));
      return;
    }
    if (flags & SOCKET_DEFLATED) {
      const bytes = inflated(memory.subarray(start, end), opcode === TEXT, this.#kernel.bodyBytesMax);
      if (typeof bytes === 'number') socket.close(bytes);
      else this.#call(socket, () => on.message?.(socket, opcode === TEXT ? bytes.toString() : bytes));
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
    /** By the window of their receivers. */
    const frames = new Map<number, Uint8Array>();
    let sent = 0;
    for (const socket of [...(this.#topics.get(topic) ?? [])]) {
      if (socket === except || this.#slow.has(socket)) continue;
      let bytes = frames.get(socket.windowBits);
      if (bytes === undefined) {
        bytes = framed(message, socket.windowBits);
        frames.set(socket.windowBits, bytes);
      }
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
  { protocols = [], origins, deflate = false }: SocketHandlers<string, object, unknown>,
): { fields: string; protocol: string | undefined; windowBits: number } {
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
  const agreed = deflate ? agree(request.header('sec-websocket-extensions') ?? '') : undefined;
  return {
    fields: fieldLines({
      'sec-websocket-accept': accept,
      ...(agreed === undefined ? {} : { 'sec-websocket-extensions': agreed.answer }),
      ...(protocol === undefined ? {} : { 'sec-websocket-protocol': protocol }),
    }),
    protocol,
    windowBits: agreed?.windowBits ?? 0,
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
