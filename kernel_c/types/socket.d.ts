/** WebSockets (RFC 6455). The kernel reads and checks frames, and answers pings; what is sent is framed here. */
import { type Kernel } from './kernel.ts';
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
/** One frame with all of a message. */
export declare function frame(opcode: number, data: Uint8Array): Uint8Array;
export declare class Socket<Data = unknown> {
    #private;
    readonly data: Data;
    readonly protocol: string | undefined;
    /** @internal Of what is sent compressed, or 0. */
    readonly windowBits: number;
    /** @internal */
    constructor(kernel: Kernel, key: Key, room: Room, data: Data, protocol: string | undefined, windowBits: number);
    get isOpen(): boolean;
    /** Returns how many bytes wait to be sent; a producer should stop above 64 KiB, until `drain`. -1 when it is closed. */
    send(message: Message): number;
    /** @internal */
    sendFrame(bytes: Uint8Array): number;
    /** Says that it is over; nothing is sent or heard after that. */
    close(code?: number): void;
    subscribe(topic: string): void;
    unsubscribe(topic: string): void;
    /** Sends to all others of a topic; the frame is made once. Those for whom more than 64 KiB wait already are left out. */
    publish(topic: string, message: Message): number;
    /** @internal */
    end(): boolean;
    /** @internal */
    get key(): Key;
}
/** The sockets of an application. */
export declare class Room {
    #private;
    constructor(kernel: Kernel, fail: (error: unknown) => void);
    /** Opens a socket for a request that `accepts` has looked at. */
    open(key: Key, fields: string, on: SocketHandlers<string, object, unknown>, data: unknown, protocol: string | undefined, windowBits: number): void;
    /** A row of the kernel's that is a message. */
    hear(at: number): void;
    gone(socket: Socket, code: number, reason: string): void;
    add(topic: string, socket: Socket): void;
    remove(topic: string, socket: Socket): void;
    /** Returns how many it was sent to. */
    publish(topic: string, message: Message, except?: Socket): number;
    closeAll(): void;
}
/** The field lines of the answer to an opening handshake (section 4.2), and the protocol. Throws an `HttpError`. */
export declare function accepts(request: KrepisRequest, { protocols, origins, deflate }: SocketHandlers<string, object, unknown>): {
    fields: string;
    protocol: string | undefined;
    windowBits: number;
};
