/** Starts an application on a free port for the tests of a file, and stops it after them. */

import { after } from 'node:test';
import type { App } from 'krepis';

export function serve<Services extends object>(app: App<Services>): string {
  const server = app.listen(0);
  after(() => server.close());
  return `http://127.0.0.1:${server.port}`;
}

/** A request with a JSON body. */
export function json(method: string, body: unknown, headers: Record<string, string> = {}): RequestInit {
  return { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } };
}
