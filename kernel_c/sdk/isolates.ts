/**
 * Tenants' programs in V8 isolates of their own: worker threads with a limit of memory, and a watchdog.
 *
 * Requests and answers go over a port, those of a turn of the event loop in one message. An isolate whose event loop
 * stands still, that has more memory than it may, or that fails is stopped and started anew; what was asked of it, and
 * what is asked until it is there again, gets a 503.
 */

import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { CompilerTask } from './compile.ts';
import { hosting } from './host.ts';
import { addon } from './kernel.ts';
import { type Answer, HttpError, Reply, refusal } from './reply.ts';
import type { KrepisRequest } from './request.ts';
import type { TenantOptions } from './tenants.ts';

/** What an isolate is told. */
export type Ask =
  | { kind: 'ask'; id: number; rows: Int32Array; bytes: Uint8Array<ArrayBuffer> }
  /** The next piece of a body is wanted, or none any more; or the client is gone. */
  | { kind: 'pull' | 'return' | 'gone'; id: number }
  | { kind: 'ping' };

/** What an isolate tells. */
export type Told =
  | { kind: 'ready' }
  | { kind: 'files'; paths: string[] }
  | { kind: 'pong'; bytes: number }
  | {
      kind: 'answer';
      id: number;
      status: number;
      headers: Record<string, string | string[]>;
      body: string | Uint8Array | undefined;
      /** The body comes in pieces. */
      pieces: boolean;
      length: number | undefined;
    }
  | { kind: 'piece'; id: number; data: string | Uint8Array | undefined }
  | { kind: 'failed'; id: number; status: number; message: string };

/** What an isolate is started with. */
export interface Start {
  readonly program: string;
  readonly tenant: string;
  readonly compiler?: CompilerTask | undefined;
}

const MEMORY_MB = 128;
const YOUNG_MB = 16;
const STALL_MS = 1000;
/** A stall is this many checks without an answer. */
const CHECKS = 4;
const RESTART_MS = 100;
const RESTART_MAX_MS = 5000;
/** An isolate that lived this long did not die of its start. */
const STEADY_MS = 10_000;
const START_MS = 30_000;
const MEBI = 1 << 20;
/** A tenant's thread gives way to the kernel's when there are too few processors. */
const NICE = 5;
/** Of threads that want the same processor: how long one may keep another waiting. */
const SLICE_US = 100;
/** Processor time that an isolate may take without a sign of life before all others go first. */
const BUSY_MS = 20;
const GLANCE_MS = 10;
/** One that got less than this between two checks, since others take it all, has a turn of `BUSY_MS` like others. */
const TURN_MS = 5;
/** So many times longer it may say nothing when it did not run for as long as it may. */
const STARVED = 10;
/** Compiling and what else V8 does aside, for isolates more than for the kernel's thread. */
const HELPERS_NICE = 2;
const ENTRY = new URL(`isolate${extname(import.meta.filename)}`, import.meta.url);

type Piece = IteratorResult<string | Uint8Array>;
interface Pending {
  resolve(answer: Answer): void;
  reject(error: unknown): void;
  /** Of the piece that was asked for last. */
  piece: PromiseWithResolvers<Piece> | undefined;
}

class Isolate {
  readonly #start: Start;
  readonly #memoryMb: number;
  readonly #checkMs: number;
  readonly #canRest: boolean;
  #worker: Worker | undefined;
  /** The system's number of its thread, or 0 where that is not known. */
  #thread = 0;
  #resting = false;
  /** Whether it said something since the last glance. */
  #alive = true;
  /** Processor time that it had taken by its last sign of life, when its turn began, and at the last check. */
  #taken = { sign: 0, turn: 0, check: 0 };
  #up = false;
  #since = 0;
  /** Checks since the last sign of life. */
  #silent = 0;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #why: string | undefined;
  #failures = 0;
  #closed = false;
  #next = 0;
  readonly #pending = new Map<number, Pending>();
  #asks: Ask[] = [];
  #first = Promise.withResolvers<void>();
  restarts = 0;

  constructor(start: Start, memoryMb: number, stallMs: number, canRest: boolean) {
    this.#start = start;
    this.#canRest = canRest;
    this.#memoryMb = memoryMb;
    this.#checkMs = Math.ceil(stallMs / CHECKS);
    this.#begin();
  }

  get ready(): Promise<void> {
    return this.#first.promise;
  }

  #begin(): void {
    const others = new Set(addon.threads());
    const worker = new Worker(ENTRY, {
      workerData: this.#start,
      resourceLimits: { maxOldGenerationSizeMb: this.#memoryMb, maxYoungGenerationSizeMb: YOUNG_MB },
      name: this.#start.tenant,
    });
    worker.unref();
    this.#thread = addon.threads().find((thread) => !others.has(thread)) ?? 0;
    this.#resting = false;
    this.#alive = true;
    this.#taken = { sign: 0, turn: 0, check: 0 };
    if (this.#thread !== 0) addon.yieldTo(this.#thread, NICE, SLICE_US);
    // Who fails again and again starts when nobody else has anything to do.
    if (this.#thread !== 0 && this.#canRest && this.#failures > 1) this.#rest(true);
    this.#worker = worker;
    this.#since = performance.now();
    this.#silent = 0;
    this.#bytes = 0;
    this.#why = undefined;
    worker.on('message', (told: Told[]) => {
      this.#silent = 0;
      this.#alive = true;
      for (const one of told) this.#hear(one);
      if (this.#up) this.#rest(false);
    });
    worker.on('error', (error: Error & { code?: string }) => {
      this.#why ??=
        error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? this.#tooLarge() : `failed: ${error.stack ?? error}`;
    });
    worker.once('exit', (status) => this.#gone(status));
    this.#timer = setInterval(() => this.#check(), this.#checkMs).unref();
  }

  #tooLarge(): string {
    return `has more than ${this.#memoryMb} MiB`;
  }

  #check(): void {
    const limit = this.#up ? CHECKS : Math.ceil(START_MS / this.#checkMs);
    // It may not have had the time that it may take, since others took the processor.
    const taken = addon.cpuMs(this.#thread);
    const starved = this.#up && this.#canRest && taken - this.#taken.sign < CHECKS * this.#checkMs;
    if (this.#resting && taken - this.#taken.check < TURN_MS) {
      this.#taken.turn = taken;
      this.#rest(false);
    }
    this.#taken.check = taken;
    if (this.#silent++ >= (starved ? STARVED * limit : limit))
      this.#stop(this.#up ? 'does not come back to its event loop' : 'does not start');
    else if (this.#bytes > this.#memoryMb * MEBI) this.#stop(this.#tooLarge());
    else if (this.#up) this.#worker?.postMessage([{ kind: 'ping' }]);
  }

  /** Lets all others go first when it is busy and says nothing; whether it is worth looking again. */
  glance(): boolean {
    if (this.#thread === 0 || !this.#canRest || this.#why !== undefined) return false;
    const taken = addon.cpuMs(this.#thread);
    if (this.#alive) this.#taken.sign = this.#taken.turn = taken;
    this.#alive = false;
    if (taken - this.#taken.turn > BUSY_MS) this.#rest(true);
    return this.#pending.size > 0;
  }

  #rest(rests: boolean): void {
    if (this.#resting === rests) return;
    this.#resting = rests;
    if (rests) addon.rest(this.#thread);
    else addon.yieldTo(this.#thread, NICE, SLICE_US);
  }

  #stop(why: string): void {
    this.#why ??= why;
    this.#up = false;
    clearInterval(this.#timer);
    this.#rest(false); // it ends on its own thread
    void this.#worker?.terminate();
  }

  #gone(status: number): void {
    clearInterval(this.#timer);
    this.#up = false;
    this.#asks = [];
    const left = [...this.#pending.values()];
    this.#pending.clear();
    for (const one of left) {
      one.reject(unavailable());
      one.piece?.reject(new Error(`the isolate of ${this.#start.tenant} was stopped`));
    }
    if (this.#closed) return;
    if (performance.now() - this.#since > STEADY_MS) this.#failures = 0;
    const delay = Math.min(RESTART_MS * 2 ** this.#failures++, RESTART_MAX_MS);
    const why = this.#why ?? `ended with status ${status}`;
    console.error(
      `tenant ${this.#start.tenant}: its isolate ${why}; ${left.length} requests got a 503, and it starts anew in ${delay} ms`,
    );
    this.restarts++;
    setTimeout(() => {
      if (!this.#closed) this.#begin();
    }, delay).unref();
  }

  #hear(told: Told): void {
    if (told.kind === 'ready') {
      this.#up = true;
      this.#first.resolve();
      return;
    }
    if (told.kind === 'pong') {
      this.#bytes = told.bytes;
      return;
    }
    if (told.kind === 'files') {
      for (const path of told.paths) hosting.host?.file?.(path);
      return;
    }
    const pending = this.#pending.get(told.id);
    if (pending === undefined) return;
    if (told.kind === 'answer') {
      const { id, status, headers, body, pieces, length } = told;
      if (!pieces) this.#pending.delete(id);
      pending.resolve(new Reply(status, headers, pieces ? this.#pieces(id, pending) : body, length));
    } else if (told.kind === 'piece') {
      if (told.data === undefined) this.#pending.delete(told.id);
      pending.piece?.resolve(
        told.data === undefined ? { done: true, value: undefined } : { done: false, value: told.data },
      );
    } else {
      this.#pending.delete(told.id);
      pending.reject(new HttpError(told.status, told.message));
      pending.piece?.reject(new Error(told.message));
    }
  }

  #pieces(id: number, pending: Pending): AsyncIterable<string | Uint8Array> {
    const next = (): Promise<Piece> => {
      pending.piece = Promise.withResolvers<Piece>();
      if (this.#pending.has(id)) this.#post({ kind: 'pull', id });
      else pending.piece.reject(new Error(`the isolate of ${this.#start.tenant} was stopped`));
      return pending.piece.promise;
    };
    const over = async (): Promise<Piece> => {
      if (this.#pending.delete(id)) this.#post({ kind: 'return', id });
      return { done: true, value: undefined };
    };
    return { [Symbol.asyncIterator]: () => ({ next, return: over }) };
  }

  ask(request: KrepisRequest): Promise<Answer> {
    if (!this.#up) throw unavailable();
    const id = this.#next++;
    const { rows, bytes } = request.copy();
    const answer = new Promise<Answer>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject, piece: undefined });
    });
    request.whenGone(() => {
      if (this.#pending.has(id)) this.#post({ kind: 'gone', id });
    });
    this.#post({ kind: 'ask', id, rows, bytes });
    return answer;
  }

  /** In the message of this turn. */
  #post(ask: Ask): void {
    this.#asks.push(ask);
    if (this.#asks.length > 1) return;
    queueMicrotask(() => {
      const asks = this.#asks;
      this.#asks = [];
      if (this.#up) this.#worker?.postMessage(asks);
    });
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    void this.#worker?.terminate();
  }
}

function unavailable(): HttpError {
  return refusal(503, 'Service Unavailable', { 'retry-after': '1' });
}

export class Isolates {
  readonly #all: readonly Isolate[];
  #glances: NodeJS.Timeout | undefined;

  constructor({ tenants, program, memoryMb = MEMORY_MB, stallMs = STALL_MS }: TenantOptions) {
    addon.yieldTo(0, 0, SLICE_US);
    const canRest = addon.canRest();
    addon.yieldHelpers(HELPERS_NICE);
    this.#all = tenants.map((one) => {
      const own = one.program ?? program;
      if (own === undefined) throw new TypeError(`tenant ${one.name} has no program`);
      const url = own instanceof URL || /^file:/.test(own) ? `${own}` : pathToFileURL(own).href;
      const { compiler } = hosting.host ?? {};
      return new Isolate(
        { program: url, tenant: one.name, compiler },
        one.memoryMb ?? memoryMb,
        stallMs,
        canRest,
      );
    });
  }

  ask(tenant: number, request: KrepisRequest): Promise<Answer> {
    const isolate = this.#all[tenant];
    if (isolate === undefined) throw new HttpError(404, 'Not Found');
    this.#glances ??= setInterval(() => this.#glance(), GLANCE_MS).unref();
    return isolate.ask(request);
  }

  #glance(): void {
    if (this.#all.map((one) => one.glance()).includes(true)) return;
    clearInterval(this.#glances);
    this.#glances = undefined;
  }

  restarts(tenant: number): number {
    return this.#all[tenant]?.restarts ?? 0;
  }

  /** All answer. */
  async ready(): Promise<void> {
    await Promise.all(this.#all.map((one) => one.ready));
  }

  close(): void {
    clearInterval(this.#glances);
    for (const one of this.#all) one.close();
  }
}
