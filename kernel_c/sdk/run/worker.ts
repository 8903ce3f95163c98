/**
 * One process of a project under `krepis run`: loads the entry file, says what happens to the supervisor over Node's
 * channel, and ends when it is told to or when the supervisor is gone.
 *
 * Programs on Node's own HTTP server are watched through `diagnostics_channel`; nothing of theirs is replaced.
 */

import { channel, tracingChannel } from 'node:diagnostics_channel';
import { closeSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { pathToFileURL } from 'node:url';
import { App, type Listening } from '../app.ts';
import { CompileError, type CompilerTask, defaultOf } from '../compile.ts';
import { hosting } from '../host.ts';
import { type Entry, LineLog } from '../log.ts';
import { taken } from '../port.ts';
import { registerResolution } from '../resolve.ts';
import type { TenantOptions } from '../tenants.ts';
import { TlsError, type TlsOptions } from '../tls.ts';
import { type DocsTask, docsOf, isLoopback } from './docs.ts';

/** What the supervisor tells a worker, as JSON in its only argument. */
export interface Task {
  readonly entry: string;
  readonly port: number | undefined;
  readonly address: string | undefined;
  /** Whether nobody else may listen there: it is the first process. */
  readonly alone: boolean;
  readonly log: 'pretty' | 'json' | 'none';
  readonly color: boolean;
  readonly tenants?: TenantOptions;
  /** Of every server of the program, with files of their own. */
  readonly tls?: TlsOptions;
  /** How the pages at `/docs` are made, if they are wanted. */
  readonly docs?: DocsTask;
  /** How what Node cannot run as it is becomes JavaScript. */
  readonly compiler?: CompilerTask;
  /** A socket that listens there already. */
  readonly inherited?: { readonly descriptor: number; readonly port: number; readonly address: string };
  /** A file to write the routes of an application of the SDK to, as JSON. */
  readonly routes?: string;
}

/** What a worker tells the supervisor. */
export type News =
  | { readonly kind: 'files'; readonly paths: readonly string[] }
  | {
      readonly kind: 'listening';
      readonly port: number | string;
      readonly address: string;
      readonly sdk: boolean;
      /** The socket, where others can share it. */
      readonly descriptor?: number;
    }
  | { readonly kind: 'failed'; readonly message: string };

export const DEFAULT_PORT = 3000;
const GRACE_MS = 5000;

function tell(news: News): void {
  if (process.connected) process.send?.(news);
}

function line(task: Task): (entry: Entry) => string {
  if (task.log === 'json') return (entry) => `${JSON.stringify(entry)}\n`;
  const paint = (code: number, text: string): string => (task.color ? `\x1b[${code}m${text}\x1b[0m` : text);
  return ({ time, method, path, status, tookMs }) => {
    const color = status >= 500 ? 31 : status >= 400 ? 33 : 32;
    const took = `${tookMs.toFixed(1)} ms`;
    return `${paint(2, time.slice(11, 19))} ${method.padEnd(6)} ${path} ${paint(color, `${status}`)} ${paint(2, took)}\n`;
  };
}

function inUse(port: number, address: string): Error {
  return Object.assign(new Error(`something already listens on ${address}:${port}`), { code: 'EADDRINUSE' });
}

/** What to do about an error at the start, where that is known. */
function advice(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  if (code === 'EADDRINUSE') return 'Stop what listens there, or choose another port with --port.';
  if (code === 'EACCES')
    return 'Ports below 1024 need rights that this process does not have; choose another with --port.';
  if (code === 'ERR_MODULE_NOT_FOUND' && /package '/.test(message ?? ''))
    return 'Install the dependencies of the project (npm install).';
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX' || message === 'Invalid or unexpected token')
    return 'Node strips types, and transforms enums, namespaces and parameter properties; decorators need a compiler: npm install --save-dev typescript@5, or esbuild.';
  if (/does not provide an export named/.test(message ?? ''))
    return 'What is imported for its type alone needs "import type", unless tsconfig.json says experimentalDecorators or jsx.';
  return '';
}

async function main(task: Task): Promise<void> {
  const servers: Listening[] = [];
  let sdk = false;
  let paths: string[] = [];
  const told = new Set<string>();
  const flush = (): void => {
    if (paths.length > 0) tell({ kind: 'files', paths });
    paths = [];
  };
  const file = (path: string): void => {
    if (told.has(path)) return;
    told.add(path);
    if (paths.length === 0) setImmediate(flush);
    paths.push(path);
  };
  const found = {
    file,
    sdk: () => {
      sdk = true;
    },
  };
  registerResolution(found, task.compiler);

  const log = task.log === 'none' ? undefined : new LineLog((text) => process.stdout.write(text), line(task));
  let first = true;
  hosting.host = {
    log,
    tenants: task.tenants,
    tls: task.tls,
    compiler: task.compiler,
    file,
    place: (port, address) => {
      const mine = first;
      first = false;
      if (typeof port === 'string') return { port, address };
      const { inherited } = task;
      const place = {
        port: mine ? (task.port ?? port) : port,
        address: mine ? (task.address ?? address) : address,
      };
      if (mine && inherited !== undefined) {
        if (place.port === inherited.port && place.address === inherited.address)
          return { ...place, descriptor: inherited.descriptor };
        closeSync(inherited.descriptor);
      }
      if (task.alone && place.port !== 0 && taken(place.port, place.address))
        throw inUse(place.port, place.address);
      return place;
    },
    pages: (address) => (task.docs !== undefined && isLoopback(address) ? docsOf(task.docs) : []),
    listening: (server, port, address, routes) => {
      servers.push(server);
      if (task.routes !== undefined) writeFileSync(task.routes, JSON.stringify(routes));
      const shared = typeof port === 'number' ? { descriptor: server.descriptor } : {};
      tell({ kind: 'listening', port, address, sdk: true, ...shared });
    },
  };
  if (log) logNode(log);
  tracingChannel('net.server.listen').subscribe({
    asyncEnd: (message) => {
      const at = (message as { server?: Server }).server?.address() as
        | AddressInfo
        | string
        | null
        | undefined;
      if (typeof at !== 'object' || at === null) return;
      if (task.tls !== undefined && !sdk)
        fail(
          `${task.entry} listens with Node's own server, which takes no certificate from outside: --tls-cert is for applications of the SDK.`,
        );
      else tell({ kind: 'listening', port: at.port, address: at.address, sdk });
    },
  } as Parameters<ReturnType<typeof tracingChannel>['subscribe']>[0]);

  const stop = (handsOver: boolean): void => {
    log?.flush();
    if (process.listenerCount('SIGTERM') > 0) process.emit('SIGTERM', 'SIGTERM');
    else
      Promise.all(
        servers.map((server) => (handsOver ? server.handOver(GRACE_MS) : server.close(GRACE_MS))),
      ).then(() => process.exit(0));
  };
  process.on('message', (message) => {
    if (message === 'stop' || message === 'hand over') stop(message === 'hand over');
  });
  process.once('disconnect', () => stop(false));
  process.channel?.unref();
  process.on('SIGINT', () => {}); // of the terminal's whole group; the supervisor decides

  process.argv.splice(1, process.argv.length, task.entry);
  try {
    const loaded = (await import(pathToFileURL(task.entry).href)) as { default?: unknown };
    const app = defaultOf(loaded);
    if (app instanceof App && servers.length === 0) app.listen(DEFAULT_PORT);
  } catch (error) {
    flush();
    const text = error instanceof Error && error.stack ? error.stack : String(error);
    const hint = advice(error);
    fail(
      error instanceof TlsError || error instanceof CompileError
        ? error.message
        : hint
          ? `${text}\n${hint}`
          : text,
    );
  }
}

function fail(message: string): void {
  const news: News = { kind: 'failed', message };
  if (process.connected) {
    process.send?.(news, () => process.exit(1));
  } else {
    process.stderr.write(`${message}\n`);
    process.exit(1);
  }
}

/** The log of Node's own server. */
function logNode(log: LineLog): void {
  const started = new WeakMap<object, number>();
  channel('http.server.request.start').subscribe((message) => {
    started.set((message as { request: object }).request, performance.now());
  });
  channel('http.server.response.finish').subscribe((message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    const path = (request as { originalUrl?: string }).originalUrl ?? request.url ?? '/';
    const took = performance.now() - (started.get(request) ?? performance.now());
    log.put(request.method ?? 'GET', path.split('?')[0] ?? path, response.statusCode, 0, took);
  });
}

if (import.meta.main) await main(JSON.parse(process.argv[2] as string) as Task);
