/**
 * What `krepis run` becomes: starts the processes of a project, starts them anew when a file of theirs changes or when
 * one dies, and passes signals on.
 *
 * A generation is what was started together. Applications of the SDK share their port, so the next generation listens
 * before the one before stops, and a change that does not start leaves the old one serving. Their sockets are handed on
 * from process to process, so that who waits to be accepted waits for the next one. Other programs are stopped first.
 */

import { type ChildProcess, fork, type StdioOptions, spawnSync } from 'node:child_process';
import { closeSync, existsSync, type FSWatcher, watch } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import type { CompilerTask } from '../compile.ts';
import { addon } from '../kernel.ts';
import type { TenantOptions } from '../tenants.ts';
import type { TlsOptions } from '../tls.ts';
import type { DocsTask } from './docs.ts';
import type { News, Task } from './worker.ts';

/** What `krepis run` asks for, as JSON in the only argument. */
export interface Order {
  readonly entry: string;
  readonly root: string;
  readonly workers: number;
  readonly port?: number;
  readonly address?: string;
  readonly reload: boolean;
  /** `[host:]port` of the inspector, for the first process. */
  readonly inspect?: string;
  /** The command that must end with 0 before anything is started. */
  readonly verify?: readonly string[];
  /** How the pages at `/docs` are made; not given, there are none. */
  readonly docs?: DocsTask;
  readonly log: Task['log'];
  readonly tenants?: TenantOptions;
  readonly tls?: TlsOptions;
  readonly compiler?: CompilerTask;
  readonly color: boolean;
}

/** Exit status: the program ended with an error, or did not start. */
const FAILED = 4;
const GRACE_MS = 6000;
const SETTLE_MS = 60;
const RESTART_MS = 100;
const RESTART_MAX_MS = 5000;
/** A process that lived this long did not die of its start. */
const STEADY_MS = 10_000;
const NODE_OPTIONS = [
  '--experimental-transform-types',
  '--disable-warning=ExperimentalWarning',
  '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON',
];
const WORKER = new URL('worker.ts', import.meta.url);

interface Worker {
  readonly process: ChildProcess;
  readonly number: number;
  readonly since: number;
  failed: string | undefined;
}

interface Generation {
  readonly workers: Set<Worker>;
  /** Where the first process listens, once it does. */
  at: { port: number | string; address: string } | undefined;
  sdk: boolean;
  retired: boolean;
  failures: number;
}

/** A socket that listens, and which of the processes of a generation has it. */
interface Listener {
  readonly descriptor: number;
  readonly port: number;
  readonly address: string;
}

/** Of a socket that a process is started with. */
const INHERITED = 4;

class Supervisor {
  readonly #order: Order;
  readonly #files = new Set<string>();
  readonly #watched = new Map<string, FSWatcher>();
  /** The one that serves, and the one that is about to. */
  #current: Generation | undefined;
  #next: Generation | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** A generation begins when the retired one is gone. */
  #due = false;
  /** The generation that is about to serve relieves the other one without its clients noticing. */
  #handsOver = false;
  #stopping: NodeJS.Signals | undefined;
  #status = 0;
  readonly #living = new Set<Worker>();
  /** By the number of the process. */
  readonly #listeners = new Map<number, Listener>();

  constructor(order: Order) {
    this.#order = order;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => this.#stop(signal));
    // Of a terminal that is closed; else it is the operator's, as for other servers.
    process.on('SIGHUP', () =>
      process.stdin.isTTY ? this.#stop('SIGHUP') : this.#renew('asked to start anew', true),
    );
    this.#status = this.#verified();
    if (this.#status !== 0) this.#exit();
    const { cert, key } = order.tls ?? {};
    for (const name of [order.entry, 'package.json', '.env', cert, key])
      if (name !== undefined) this.#watch(resolve(order.root, name));
    this.#begin();
  }

  #say(text: string): void {
    process.stderr.write(`${this.#order.color ? '\x1b[36mkrepis\x1b[0m' : 'krepis'}: ${text}\n`);
  }

  #begin(): void {
    this.#next = { workers: new Set(), at: undefined, sdk: false, retired: false, failures: 0 };
    this.#spawn(this.#next, 0);
  }

  /** The status of the command that has to agree. */
  #verified(): number {
    const { verify, root } = this.#order;
    if (verify === undefined) return 0;
    const done = spawnSync(verify[0] as string, verify.slice(1), { cwd: root, stdio: ['ignore', 2, 2] });
    if (done.status !== 0)
      this.#say(`not started: krepis verify ended with status ${done.status ?? done.signal}`);
    return done.status ?? FAILED;
  }

  #await(): void {
    const next = this.#order.reload ? ['waiting for a change'] : [];
    this.#say([...(this.#current ? ['what ran before goes on'] : []), ...next].join('; '));
  }

  #spawn(generation: Generation, number: number): void {
    const { entry, port, address, inspect, log, color, root, tenants, tls, compiler, docs } = this.#order;
    // Who takes over listens where the one before does, also when the system had chosen the port.
    const at = generation.at ?? (this.#handsOver ? this.#current?.at : undefined);
    const listener = this.#listeners.get(number);
    const task: Partial<Task> = {
      entry,
      port: typeof at?.port === 'number' ? at.port : port,
      address: at?.address ?? address,
      alone: at === undefined && this.#current === undefined,
      log,
      color,
      ...(tenants === undefined ? {} : { tenants }),
      ...(tls === undefined ? {} : { tls }),
      ...(compiler === undefined ? {} : { compiler }),
      ...(docs === undefined ? {} : { docs }),
      ...(listener === undefined ? {} : { inherited: { ...listener, descriptor: INHERITED } }),
    };
    const execArgv = [...NODE_OPTIONS];
    if (existsSync(resolve(root, '.env'))) execArgv.push('--env-file=.env');
    // The helpers of V8 know no priorities of threads, so one tenant's garbage would keep the others waiting.
    if (tenants?.tenants.some((one) => one.program ?? tenants.program)) execArgv.push('--single-threaded-gc');
    if (inspect !== undefined && number === 0) execArgv.push(`--inspect=${inspect}`);
    const env: NodeJS.ProcessEnv = { ...process.env };
    if (task.port !== undefined) env.PORT = `${task.port}`;
    if (task.address !== undefined) env.HOST = task.address;
    const stdio: StdioOptions = ['inherit', 'inherit', 'inherit', 'ipc'];
    if (listener !== undefined) stdio.push(listener.descriptor);
    const child = fork(WORKER, [JSON.stringify(task)], { cwd: root, env, execArgv, stdio });
    const worker: Worker = { process: child, number, since: performance.now(), failed: undefined };
    generation.workers.add(worker);
    this.#living.add(worker);
    child.on('message', (news) => this.#hear(generation, worker, news as News));
    child.once('exit', (status, signal) => this.#gone(generation, worker, status, signal));
  }

  #hear(generation: Generation, worker: Worker, news: News): void {
    if (news.kind === 'files') {
      for (const path of news.paths) this.#watch(path);
    } else if (news.kind === 'failed') {
      worker.failed = news.message;
    }
    if (news.kind !== 'listening' || generation.retired || this.#stopping) return;
    this.#keep(worker, news);
    if (generation.at === undefined) {
      generation.at = { port: news.port, address: news.address };
      generation.sdk = news.sdk;
      this.#ready(generation, news.address, news.port);
    }
  }

  /** Shares the socket of a process; where the system does not allow that, a restart may lose who waits to be accepted. */
  #keep(
    { number, process: child }: Worker,
    { descriptor, port, address }: News & { kind: 'listening' },
  ): void {
    const old = this.#listeners.get(number);
    if (descriptor === undefined || typeof port !== 'number' || child.pid === undefined) return;
    if (old?.port === port && old.address === address) return;
    const own = addon.descriptorOf(child.pid, descriptor);
    if (old !== undefined) closeSync(old.descriptor);
    if (own < 0) this.#listeners.delete(number);
    else this.#listeners.set(number, { descriptor: own, port, address });
  }

  /** Nobody serves: who connects is to learn that. */
  #refuse(): void {
    for (const { descriptor } of this.#listeners.values()) closeSync(descriptor);
    this.#listeners.clear();
  }

  #ready(generation: Generation, address: string, port: number | string): void {
    const { workers, reload } = this.#order;
    const shared = generation.sdk && typeof port === 'number';
    const count = shared ? workers : 1;
    const host = address.includes(':') ? `[${address}]` : address;
    const where = typeof port === 'number' ? `${this.#order.tls ? 'https' : 'http'}://${host}:${port}` : port;
    const how = generation.sdk
      ? `on the kernel${count > 1 ? `, ${count} processes` : ''}`
      : "on Node's own HTTP server, since it does not import krepis";
    this.#say(`${where} ${how}${reload ? '; starts anew when a file changes' : ''}`);
    if (workers > count) this.#say('one process: --workers needs an application of the SDK, on a port');
    if (this.#current && this.#current !== generation)
      this.#retire(this.#current, this.#handsOver ? 'hand over' : 'stop');
    this.#current = generation;
    this.#next = undefined;
    for (let number = 1; number < count; number++) this.#spawn(generation, number);
  }

  #gone(generation: Generation, worker: Worker, status: number | null, signal: NodeJS.Signals | null): void {
    generation.workers.delete(worker);
    this.#living.delete(worker);
    if (this.#stopping) {
      if (this.#living.size === 0) this.#exit();
      return;
    }
    if (generation.retired) {
      if (this.#due && generation.workers.size === 0) {
        this.#due = false;
        this.#begin();
      }
      return;
    }
    const name = relative(this.#order.root, this.#order.entry);
    const how = signal ? `was ended by ${signal}` : `ended with status ${status}`;
    if (generation.at === undefined || worker.failed !== undefined) {
      if (worker.failed !== undefined) process.stderr.write(`${worker.failed}\n`);
      if (status !== 0) this.#say(`${name} ${worker.failed === undefined ? how : 'failed at its start'}`);
      this.#over(generation, status === 0 ? 0 : FAILED);
    } else if (status === 0) {
      if (generation.workers.size === 0) this.#over(generation, 0);
    } else {
      if (performance.now() - worker.since > STEADY_MS) generation.failures = 0;
      const delay = Math.min(RESTART_MS * 2 ** generation.failures++, RESTART_MAX_MS);
      this.#say(`process ${worker.process.pid} ${how}; another one starts in ${delay} ms`);
      setTimeout(() => {
        if (!generation.retired && !this.#stopping) this.#spawn(generation, worker.number);
      }, delay);
    }
  }

  /** A generation is at its end: so is all, unless another one serves, or a change can bring one. */
  #over(generation: Generation, status: number): void {
    this.#retire(generation);
    if (this.#next === generation) this.#next = undefined;
    if (this.#current === generation) this.#current = undefined;
    if (this.#current === undefined && this.#next === undefined) this.#refuse();
    if (this.#order.reload || this.#current) {
      this.#await();
      return;
    }
    this.#status = status;
    this.#stop('SIGTERM');
  }

  #retire(generation: Generation, how: 'stop' | 'hand over' = 'stop'): void {
    generation.retired = true;
    for (const worker of generation.workers) this.#end(worker, how);
  }

  #end(worker: Worker, how: 'stop' | 'hand over' = 'stop'): void {
    const { process: child } = worker;
    if (child.connected) child.send(how, () => {});
    else child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
    child.once('exit', () => clearTimeout(timer));
  }

  #stop(signal: NodeJS.Signals): void {
    if (this.#stopping) {
      for (const worker of this.#living) worker.process.kill('SIGKILL');
      return;
    }
    this.#stopping = signal;
    clearTimeout(this.#timer);
    if (this.#living.size === 0) this.#exit();
    for (const worker of this.#living) this.#end(worker);
  }

  #exit(): never {
    process.exit(this.#status);
  }

  // -- changes -------------------------------------------------------------------------------------------

  #watch(path: string): void {
    if (!this.#order.reload) return;
    this.#files.add(path);
    const folder = dirname(path);
    if (this.#watched.has(folder)) return;
    try {
      const watcher = watch(folder, (_, name) => {
        if (name !== null && this.#files.has(resolve(folder, name))) this.#changed(resolve(folder, name));
      });
      watcher.on('error', () => this.#watched.delete(folder));
      this.#watched.set(folder, watcher);
    } catch {
      // The folder is not there: what is looked for in it may be made elsewhere too.
    }
  }

  #changed(path: string): void {
    if (this.#stopping) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => this.#renew(`${relative(this.#order.root, path)} changed`, false),
      SETTLE_MS,
    );
  }

  /** Starts the next generation, which takes over from what runs; `handsOver`: so that no client notices. */
  #renew(why: string, handsOver: boolean): void {
    if (this.#stopping) return;
    this.#say(why);
    if (this.#verified() !== 0) {
      this.#await();
      return;
    }
    if (this.#next) this.#retire(this.#next);
    this.#next = undefined;
    this.#handsOver = handsOver;
    const current = this.#current;
    if (current && !(current.sdk && this.#order.inspect === undefined)) {
      this.#current = undefined;
      this.#due = true;
      this.#retire(current);
    } else if (!this.#due) {
      this.#begin();
    }
  }
}

new Supervisor(JSON.parse(process.argv[2] as string) as Order);
