/** What runs in the isolate of a tenant: loads its program, and answers what the kernel's thread passes on. */

import { getHeapStatistics } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { App } from './app.ts';
import { defaultOf } from './compile.ts';
import { hosting } from './host.ts';
import type { Ask, Start, Told } from './isolates.ts';
import { HttpError, isPieces } from './reply.ts';
import type { KrepisRequest } from './request.ts';
import { registerResolution } from './resolve.ts';

const { program, compiler } = workerData as Start;
const port = parentPort as NonNullable<typeof parentPort>;
const requests = new Map<number, KrepisRequest>();
const bodies = new Map<number, AsyncIterator<string | Uint8Array>>();
let told: Told[] = [];
let app: App | undefined;

/** In the message of this turn. */
function tell(news: Told): void {
  told.push(news);
  if (told.length > 1) return;
  queueMicrotask(() => {
    const all = told;
    told = [];
    port.postMessage(all);
  });
}

async function answer(ask: Ask & { kind: 'ask' }): Promise<void> {
  const { id } = ask;
  try {
    const made = await (app as App).answer(ask.rows, ask.bytes, (request) => requests.set(id, request));
    const { status, body, length } = made;
    const headers = made.headers as Record<string, string | string[]>;
    const pieces = isPieces(body);
    if (pieces) bodies.set(id, body[Symbol.asyncIterator]());
    else requests.delete(id);
    tell({ kind: 'answer', id, status, headers, body: pieces ? undefined : body, pieces, length });
  } catch (error) {
    failed(id, error);
  }
}

function failed(id: number, error: unknown): void {
  requests.delete(id);
  bodies.delete(id);
  if (!(error instanceof HttpError)) console.error(error);
  const [status, message] =
    error instanceof HttpError ? [error.status, error.message] : [500, 'Internal Server Error'];
  tell({ kind: 'failed', id, status, message });
}

async function pull(id: number): Promise<void> {
  try {
    const next = await bodies.get(id)?.next();
    if (next === undefined || next.done) {
      requests.delete(id);
      bodies.delete(id);
    }
    tell({ kind: 'piece', id, data: next?.done ? undefined : next?.value });
  } catch (error) {
    failed(id, error);
  }
}

function hear(ask: Ask): void {
  if (ask.kind === 'ask') {
    void answer(ask);
  } else if (ask.kind === 'pull') {
    void pull(ask.id);
  } else if (ask.kind === 'ping') {
    const { used_heap_size, external_memory } = getHeapStatistics();
    tell({ kind: 'pong', bytes: used_heap_size + external_memory });
  } else {
    requests.get(ask.id)?.mourn();
    if (ask.kind === 'return') {
      void bodies.get(ask.id)?.return?.();
      requests.delete(ask.id);
      bodies.delete(ask.id);
    }
  }
}

registerResolution({ file: (path) => tell({ kind: 'files', paths: [path] }), sdk: () => {} }, compiler);
hosting.host = {
  log: undefined,
  place: (at, address) => ({ port: at, address }),
  listening: () => {},
  adopt: (given) => {
    app ??= given;
    return {
      port: 0,
      descriptor: -1,
      close: async () => {},
      handOver: async () => {},
      metrics: () => {
        throw new Error('the kernel is in another thread');
      },
    };
  },
};
const loaded = (await import(program)) as { default?: unknown };
const exported = defaultOf(loaded);
if (exported instanceof App) app ??= exported;
if (app === undefined)
  throw new Error(`${program} neither listens nor exports an application as its default`);
port.on('message', (asks: Ask[]) => {
  for (const one of asks) hear(one);
});
tell({ kind: 'ready' });
