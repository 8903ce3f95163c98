/**
 * `permessage-deflate` (RFC 7692) without context takeover: every message is compressed by itself, so that a connection
 * holds no memory for it.
 */

import { isUtf8 } from 'node:buffer';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';

const NAME = 'permessage-deflate';
const TAIL = Buffer.from([0, 0, 0xff, 0xff]);
/** zlib makes no raw streams with a smaller window. */
const WINDOW_BITS_MIN = 9;
const WINDOW_BITS = 15;
/** Messages in the room of about a packet gain nothing. */
export const DEFLATE_FROM_BYTES = 1024;

/** The answer to what a client offers, and how far back our messages may refer; undefined when none of it will do. */
export function agree(offers: string): { answer: string; windowBits: number } | undefined {
  for (const offer of offers.split(',')) {
    const [name, ...parameters] = offer.split(';').map((one) => one.trim().toLowerCase());
    if (name !== NAME) continue;
    let windowBits = WINDOW_BITS;
    const seen = new Set<string>();
    const good = parameters.every((parameter) => {
      const [key = '', value] = parameter.split('=').map((one) => one.trim().replace(/^"(.*)"$/, '$1'));
      if (seen.has(key)) return false; // section 7.1: not twice
      seen.add(key);
      if (key === 'server_no_context_takeover' || key === 'client_no_context_takeover')
        return value === undefined;
      const bits = /^(?:[89]|1[0-5])$/.test(value ?? '') ? Number(value) : undefined;
      if (key === 'client_max_window_bits') return value === undefined || bits !== undefined;
      if (key !== 'server_max_window_bits' || bits === undefined || bits < WINDOW_BITS_MIN) return false;
      windowBits = bits;
      return true;
    });
    if (!good) continue;
    const window = seen.has('server_max_window_bits') ? `; server_max_window_bits=${windowBits}` : '';
    return { answer: `${NAME}; server_no_context_takeover; client_no_context_takeover${window}`, windowBits };
  }
  return undefined;
}

/** The data of a message's only frame (section 7.2.1). */
export function deflated(data: Uint8Array, windowBits: number): Uint8Array {
  const bytes = deflateRawSync(data, { windowBits, finishFlush: constants.Z_SYNC_FLUSH });
  return bytes.subarray(0, bytes.length - TAIL.length);
}

/** A message (section 7.2.2), or the code to close with. */
export function inflated(data: Uint8Array, isText: boolean, bytesMax: number): Buffer | number {
  let bytes: Buffer;
  try {
    bytes = inflateRawSync(Buffer.concat([data, TAIL]), {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: bytesMax,
    });
  } catch (error) {
    return (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE' ? 1009 : 1007;
  }
  return isText && !isUtf8(bytes) ? 1007 : bytes;
}
