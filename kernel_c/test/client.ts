/** A client that shows what is on the wire. */

import { once } from 'node:events';
import { connect } from 'node:net';

/** Sends the text, and everything that the server says until it closes. */
export async function exchange(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const pieces: Buffer[] = [];
  socket.on('data', (piece: Buffer) => pieces.push(piece));
  socket.write(text);
  await once(socket, 'close');
  return Buffer.concat(pieces).toString();
}

/** Requests in one write; the last one asks to close. */
export function pipelined(paths: readonly string[]): string {
  const last = paths.length - 1;
  return paths
    .map((path, i) => `GET ${path} HTTP/1.1\r\nHost: a\r\n${i === last ? 'Connection: close\r\n' : ''}\r\n`)
    .join('');
}

/** The bodies of pipelined responses, which all have a length. */
export function bodies(said: string): string[] {
  const bytes = Buffer.from(said);
  const out: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf('\r\n\r\n', at) + 4;
    const length = Number(/content-length: (\d+)/i.exec(bytes.subarray(at, end).toString())?.[1] ?? 0);
    out.push(bytes.subarray(end, end + length).toString());
    at = end + length;
  }
  return out;
}
