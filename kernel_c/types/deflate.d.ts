/**
 * `permessage-deflate` (RFC 7692) without context takeover: every message is compressed by itself, so that a connection
 * holds no memory for it.
 */
/** Messages in the room of about a packet gain nothing. */
export declare const DEFLATE_FROM_BYTES = 1024;
/** The answer to what a client offers, and how far back our messages may refer; undefined when none of it will do. */
export declare function agree(offers: string): {
    answer: string;
    windowBits: number;
} | undefined;
/** The data of a message's only frame (section 7.2.1). */
export declare function deflated(data: Uint8Array, windowBits: number): Uint8Array;
/** A message (section 7.2.2), or the code to close with. */
export declare function inflated(data: Uint8Array, isText: boolean, bytesMax: number): Buffer | number;
