/** Applications: routes, hooks, and the calls that the kernel makes once a tick. */

import { type CompressOptions, compressed } from './compress.ts';
import { hosting, type Served } from './host.ts';
import { Isolates } from './isolates.ts';
import {
  ANSWERS_MAX,
  addon,
  Kernel,
  type KernelOptions,
  METHODS,
  type Memory,
  Meta,
  type Method,
  OVER_TLS,
  ROUTE_BODY,
  ROUTE_SOCKET,
  Row,
  Answer as Table,
} from './kernel.ts';
import { accessLog, both, type Log } from './log.ts';
import {
  type Answer,
  type Body,
  fieldLines,
  type HeadersInit,
  HttpError,
  InvalidRequest,
  isPieces,
  JSON_TYPE,
  Reply,
  reply,
  replyOf,
  replyOfResponse,
  TEXT,
} from './reply.ts';
import { KrepisRequest } from './request.ts';
import { compile, compileTexts, type Infer, type Issue, type Schema, type Standard } from './schema.ts';
import { accepts, type Message, Room, type SocketHandlers } from './socket.ts';
import { send } from './stream.ts';
import { type TenantMetrics, type TenantOptions, Tenants } from './tenants.ts';

/** What has to be right about a request before its handler is called. */
export interface Checks {
  /** Of the JSON body; what is wrong with it is a 422. */
  readonly body?: Schema<unknown> | Standard<unknown>;
  /** Objects of texts; what is wrong with them is a 400. */
  readonly query?: Schema<object>;
  readonly params?: Schema<object>;
  /** The handler takes the body as it comes, from `request.body`: nothing of it is kept, and it may be longer than `bodyBytesMax`. */
  readonly stream?: boolean;
}
/** What comes out of the checks: `request.valid`. */
export type Valid<C extends Checks> = [Exclude<keyof C, 'stream'>] extends [never]
  ? undefined
  : { readonly [K in Exclude<keyof C, 'stream'>]: Infer<C[K]> };

export type Handler<Path extends string, Services = object, Checked = undefined> = (
  request: KrepisRequest<Path, Checked>,
  services: Services,
) => Answer | Promise<Answer>;
export type Before<Services = object> = (
  request: KrepisRequest,
  services: Services,
) => Answer | Promise<Answer>;
export type After<Services = object> = (
  request: KrepisRequest,
  reply: Reply,
  services: Services,
) => Reply | undefined | Promise<Reply | undefined>;
export type OnError = (error: unknown, request: KrepisRequest) => Answer | Promise<Answer>;

type Checked<Path extends string, Services, C extends Checks> = Handler<Path, Services, Valid<C>>;

/** How a route of one method is registered. */
interface Verb<Services, Self> {
  <Path extends string>(path: Path, handler: Handler<Path, Services>): Self;
  <Path extends string, C extends Checks>(path: Path, checks: C, handler: Checked<Path, Services, C>): Self;
}

/** What the handler of a WebSocket gives: it is answered. */
const UPGRADED = new Reply(101, {}, undefined);

interface Route {
  readonly names: readonly string[];
  readonly handler: Handler<string>;
  run: Handler<string>;
}

export interface Metrics {
  readonly connectionsOpen: number;
  readonly accepted: number;
  readonly refused: number;
  readonly requests: number;
  readonly badRequests: number;
  readonly timeouts: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly dropped: number;
  /** By the first digit of the status, from 1xx to 5xx. */
  readonly responses: readonly number[];
}

export interface Listening {
  readonly port: number;
  /** @internal The socket. */
  readonly descriptor: number;
  /** Takes no more connections, gives open requests `graceMs`, and resolves when all is closed. */
  close(graceMs?: number): Promise<void>;
  /**
   * The same when another process listens there already, so that no client notices: what waits to be accepted is
   * served, and a connection is closed with the answer to its next request, or after `graceMs`.
   */
  handOver(graceMs: number): Promise<void>;
  metrics(): Metrics;
}

/** `Services` are what `provide` made, and what handlers and hooks are given. */
export class App<Services extends object = object> {
  readonly #kernel: Kernel;
  readonly #room: Room;
  readonly #routes: Route[] = [];
  /** Methods and patterns of the routes with a handler. */
  readonly #patterns: string[] = [];
  #fallback: number | undefined;
  readonly #before: Before<Services>[] = [];
  readonly #after: After<Services>[] = [];
  #onError: OnError = defaultError;
  readonly #makers = new Map<string, (services: Services) => unknown>();
  readonly #services = {} as Services;
  #tenants: Tenants | undefined;
  #isolates: Isolates | undefined;
  #compress: CompressOptions | undefined;
  /** Field lines of all responses. */
  #common = '';
  #headers: HeadersInit = {};
  #log: Log | undefined;
  /** Templates of status 200 with their media types. */
  #json = 0;
  #plain = 0;
  readonly #templates = new Map<number, number>();
  #started = false;
  #composed = false;
  #closed: PromiseWithResolvers<void> = Promise.withResolvers();
  /** Answers that the kernel did not take yet: rows of its table, and their text. */
  #count = 0;
  #text = '';
  /** Requests whose promises are pending, and that still point into the memory of this tick. */
  #unkept: KrepisRequest[] = [];

  constructor(options: KernelOptions = {}) {
    this.#kernel = new Kernel(options);
    this.#room = new Room(this.#kernel, (error) => console.error(error));
  }

  readonly get: Verb<Services, this> = this.#verb('GET');
  readonly post: Verb<Services, this> = this.#verb('POST');
  readonly put: Verb<Services, this> = this.#verb('PUT');
  readonly patch: Verb<Services, this> = this.#verb('PATCH');
  readonly delete: Verb<Services, this> = this.#verb('DELETE');

  #verb(method: Method): Verb<Services, this> {
    return (path: string, first: unknown, second?: unknown) => this.#route(method, path, first, second);
  }

  /** Throws when the pattern is malformed, or when another route already answers the same requests. */
  route<Path extends string>(method: Method, path: Path, handler: Handler<Path, Services>): this;
  route<Path extends string, C extends Checks>(
    method: Method,
    path: Path,
    checks: C,
    handler: Checked<Path, Services, C>,
  ): this;
  route(method: Method, path: string, first: unknown, second?: unknown): this {
    return this.#route(method, path, first, second);
  }

  #route(method: Method, path: string, first: unknown, second: unknown): this {
    const erased = (second ?? first) as Handler<string>;
    const checks = second === undefined ? {} : (first as Checks);
    if (checks.stream && checks.body)
      throw new TypeError(
        `${method} ${path}: a body that is streamed has no schema, since it is never there as a whole`,
      );
    const handler = second === undefined ? erased : checked(checks, erased);
    const number = addon.route(this.#kernel.handle, METHODS.indexOf(method), path);
    if (checks.stream) addon.pieces(this.#kernel.handle, number);
    const names = [...path.matchAll(/\/[:*](\w+)/g)].map((match) => match[1] as string);
    this.#routes[number] = { names, handler, run: handler };
    this.#patterns.push(`${method} ${path}`);
    return this;
  }

  /** Handles all requests that no route matches, whatever their method and target; once. Else they get a 404 or a 405. */
  fallback(handler: Handler<string, Services>, { stream = false }: Pick<Checks, 'stream'> = {}): this {
    const erased = handler as Handler<string>;
    this.#fallback = addon.fallback(this.#kernel.handle);
    if (stream) addon.pieces(this.#kernel.handle, this.#fallback);
    this.#routes[this.#fallback] = { names: [], handler: erased, run: erased };
    return this;
  }

  /** A WebSocket. Hooks before it run as for any other request, and can refuse it. */
  ws<Path extends string, Data = undefined>(path: Path, on: SocketHandlers<Path, Services, Data>): this {
    notInIsolate(`ws(${JSON.stringify(path)})`, 'WebSockets');
    const erased = on as unknown as SocketHandlers<string, object, unknown>;
    return this.get(path, (request, services) => {
      const { fields, protocol, windowBits } = accepts(request as KrepisRequest, erased);
      const { key } = request;
      const open = (data: unknown): Answer => {
        this.#room.open(key, fields, erased, data, protocol, windowBits);
        return UPGRADED;
      };
      const data = erased.upgrade?.(request as KrepisRequest, services);
      return isPromise(data) ? data.then(open) : open(data);
    });
  }

  /** Sends to all sockets of a topic; returns how many there are that could take it. */
  publish(topic: string, message: Message): number {
    return this.#room.publish(topic, message);
  }

  /** A route that the kernel answers by itself, without JavaScript or hooks: the same response for all. */
  fixed(method: Method, path: string, answer: Exclude<Answer, Response>): this {
    const made = replyOf(answer);
    if (isPieces(made.body)) throw new TypeError('a fixed answer cannot come in pieces');
    const body = typeof made.body === 'string' ? Buffer.from(made.body) : (made.body ?? new Uint8Array());
    addon.fixed(
      this.#kernel.handle,
      METHODS.indexOf(method),
      path,
      made.status,
      fieldLines(made.headers),
      body,
    );
    // The kernel counts fixed routes and handlers together.
    this.#routes.push({ names: [], handler: () => made, run: () => made });
    return this;
  }

  /** The files below a directory, sent by the kernel; the path ends in a wildcard, as in `/assets/*path`. */
  files(path: string, directory: string): this {
    notInIsolate(`files(${JSON.stringify(path)})`, 'files that the kernel sends');
    addon.files(this.#kernel.handle, path, directory);
    const elsewhere = (): never => {
      throw new HttpError(501, 'files are sent over sockets only');
    };
    this.#routes.push({ names: [], handler: elsewhere, run: elsewhere });
    return this;
  }

  /** A route for Prometheus. */
  metrics(path: string): this {
    const type = 'text/plain; version=0.0.4; charset=utf-8';
    return this.get(path, () =>
      reply(addon.metricsText(this.#kernel.handle) + (this.#tenants?.text() ?? ''), {
        headers: { 'content-type': type },
      }),
    );
  }

  /** Headers of every answer of a handler. They cost nothing, since the kernel keeps them preformatted. */
  headers(headers: HeadersInit): this {
    this.#headers = { ...this.#headers, ...headers };
    this.#common = fieldLines(this.#headers);
    return this;
  }

  /** Compresses what handlers answer, when it is text and the client wants it. Files and fixed answers go out as they are. */
  compress(options: CompressOptions = {}): this {
    this.#compress = options;
    return this;
  }

  /** Writes a line for every answer of a handler: time, method, path, status, length of the body in characters. */
  accessLog(path: string): this {
    this.#log = accessLog(path);
    return this;
  }

  /**
   * Whose requests are let in, and how they share this process; hooks run within. Requests of nobody get a 404; routes
   * that the kernel answers by itself belong to all. When there is a `program`, what this application has no route for
   * is answered by the tenant's isolate. Returns what tells how it goes.
   */
  tenants(options: TenantOptions): { metrics(): TenantMetrics[]; ready(): Promise<void> } {
    const made = new Tenants(options);
    this.#tenants = made;
    if (options.program !== undefined || options.tenants.some((one) => one.program !== undefined)) {
      const isolates = new Isolates(options);
      this.#isolates = isolates;
      made.isolates = isolates;
      this.fallback((request) => isolates.ask(made.of(request), request));
    }
    return { metrics: () => made.metrics(), ready: async () => this.#isolates?.ready() };
  }

  /**
   * A service by a name, made once, before the first request, from those provided before it. Giving a name again
   * replaces its service, as tests like to. What has `Symbol.asyncDispose` or `Symbol.dispose` is disposed of when the
   * last socket is closed, the last made first.
   */
  provide<Name extends string, Service>(
    name: Name,
    make: (services: Services) => Service,
  ): App<Services & { readonly [key in Name]: Service }> {
    if (this.#started) throw new Error(`service ${name} comes too late: the application has started`);
    this.#makers.set(name, make);
    return this as unknown as App<Services & { readonly [key in Name]: Service }>;
  }

  /** Runs before every handler, in the order of registration; what it returns, unless undefined, is the answer. */
  before(hook: Before<Services>): this {
    this.#before.push(hook);
    return this;
  }

  /** Runs after every handler, and may change the reply or give another. */
  after(hook: After<Services>): this {
    this.#after.push(hook);
    return this;
  }

  /** Makes the answer when a handler or a hook threw. */
  onError(hook: OnError): this {
    this.#onError = hook;
    return this;
  }

  /** Listens on an IP address, or on a Unix socket when `port` is a path. */
  listen(port: number | string, address = '127.0.0.1'): Listening {
    const { host } = hosting;
    if (host?.adopt) return host.adopt(this as unknown as App);
    if (host === undefined) return this.#listen(port, address);
    const place = host.place(port, address);
    if (host.log && !this.#started) this.#log = this.#log ? both(this.#log, host.log) : host.log;
    const pages = typeof place.port === 'string' ? [] : (host.pages?.(place.address) ?? []);
    const server = this.#listen(place.port, place.address, pages, place.descriptor);
    const at = typeof place.port === 'string' ? place.port : server.port;
    host.listening(server, at, place.address, this.#patterns);
    return server;
  }

  #listen(
    port: number | string,
    address: string,
    pages: readonly Served[] = [],
    descriptor?: number,
  ): Listening {
    const kernel = this.#kernel;
    if (!this.#started) kernel.takeCertificate();
    const bound =
      descriptor !== undefined
        ? addon.adopt(kernel.handle, descriptor)
        : typeof port === 'string'
          ? addon.listen(kernel.handle, port, -1)
          : addon.listen(kernel.handle, address, port);
    if (!this.#started) {
      this.#started = true;
      if (!this.#composed) this.#compose();
      for (const page of pages) this.#page(page);
      addon.start(
        kernel.handle,
        (count) => this.#tick(count),
        () => this.#flush(),
        (count) => kernel.notice(count),
        () => {
          this.#log?.close();
          this.#isolates?.close();
          this.#dispose().then(this.#closed.resolve, this.#closed.reject);
        },
      );
    }
    return {
      port: bound,
      descriptor: addon.listener(kernel.handle),
      close: (graceMs = 0) => {
        this.#room.closeAll();
        addon.stop(kernel.handle, graceMs, false);
        return this.#closed.promise;
      },
      handOver: (graceMs) => {
        this.#room.closeAll();
        addon.stop(kernel.handle, graceMs, true);
        return this.#closed.promise;
      },
      metrics: () => metricsOf(addon.metrics(kernel.handle)),
    };
  }

  #page({ path, answer }: Served): void {
    let number: number;
    try {
      number = addon.route(this.#kernel.handle, METHODS.indexOf('GET'), path);
    } catch {
      return; // the application answers that itself
    }
    this.#routes[number] = { names: [], handler: answer, run: answer };
  }

  async #dispose(): Promise<void> {
    for (const service of Object.values(this.#services).reverse() as Partial<
      Disposable & AsyncDisposable
    >[]) {
      await service?.[Symbol.asyncDispose]?.();
      service?.[Symbol.dispose]?.();
    }
  }

  /** Answers a web-standard request without a socket, for tests. */
  async fetch(input: Request): Promise<Response> {
    if (!this.#composed) this.#compose();
    const url = new URL(input.url);
    const matched = addon.match(this.#kernel.handle, METHODS.indexOf(input.method as Method), url.pathname);
    const found = typeof matched === 'number' && this.#fallback !== undefined ? [this.#fallback] : matched;
    if (typeof found === 'number') return unmatched(found);
    const route = this.#routes[found[0] as number] as Route;
    const request = await synthetic(this.#kernel, input, url, found, route.names);
    let answer: Answer;
    try {
      answer = await route.run(request, this.#services);
    } catch (error) {
      answer = await this.#onError(error, request);
    }
    if (answer instanceof Response) return answer;
    const made = replyOf(answer);
    const headers = Object.entries({ ...this.#headers, ...made.headers }).flatMap(([name, value]) =>
      [value].flat().map((one): [string, string] => [name, one]),
    );
    const body = input.method === 'HEAD' || made.body === undefined ? null : webBody(made.body);
    return new Response(body, { status: made.status, headers });
  }

  /** @internal Answers a request of another thread, with its own copy of the row and the bytes. */
  async answer(
    rows: Int32Array,
    bytes: Uint8Array<ArrayBuffer>,
    begun: (request: KrepisRequest) => void,
  ): Promise<Reply> {
    if (!this.#composed) this.#compose();
    const memory = Buffer.from(bytes.buffer) as Memory;
    const start = rows[Row.PATH] as number;
    const path = memory.latin1Slice(start, start + (rows[Row.PATH_LENGTH] as number)) || '/';
    const matched = addon.match(this.#kernel.handle, rows[Row.METHOD] as number, path);
    const found = typeof matched === 'number' && this.#fallback !== undefined ? [this.#fallback] : matched;
    if (typeof found === 'number') return replyOfResponse(unmatched(found));
    const { names, run } = this.#routes[found[0] as number] as Route;
    setParameters(rows, found, names.length);
    const request = new KrepisRequest(this.#kernel, 0, names, memory, rows);
    begun(request);
    let answer: Answer;
    try {
      answer = await run(request, this.#services);
    } catch (error) {
      answer = await this.#failed(error, request);
    }
    const made = answer instanceof Response ? await replyOfResponse(answer) : replyOf(answer);
    made.headers = { ...this.#headers, ...made.headers };
    return made;
  }

  // -- hooks ---------------------------------------------------------------------------------------------

  #compose(): void {
    this.#composed = true;
    this.#json = this.#template(200, `content-type: ${JSON_TYPE}\r\n`);
    this.#plain = this.#template(200, `content-type: ${TEXT}\r\n`);
    for (const [name, make] of this.#makers) Object.assign(this.#services, { [name]: make(this.#services) });
    this.#makers.clear();
    const shared = hosting.host?.tenants;
    if (shared !== undefined && this.#tenants === undefined) this.tenants(shared);
    const tenants = this.#tenants;
    const hooked = this.#before.length > 0 || this.#after.length > 0;
    const compress = this.#compress;
    if (!hooked && tenants === undefined && compress === undefined) return;
    for (const route of this.#routes) {
      if (!route) continue;
      const plain: Handler<string> = hooked
        ? (request) => this.#hooked(route.handler, request)
        : (request) => route.handler(request, this.#services);
      const run: Handler<string> = compress
        ? (request) => {
            const answer = plain(request, this.#services);
            return isPromise(answer)
              ? answer.then((made) => squeezed(request, made, compress))
              : squeezed(request, answer, compress);
          }
        : plain;
      route.run = tenants ? (request) => tenants.run(request, () => run(request, this.#services)) : run;
    }
  }

  /** Hooks and handler in turn, without a promise as long as none of them gives one. */
  #hooked(handler: Handler<string>, request: KrepisRequest): Answer | Promise<Answer> {
    let answer: Answer | Promise<Answer>;
    for (let i = 0; i < this.#before.length; i++) {
      answer = (this.#before[i] as Before<Services>)(request, this.#services);
      if (isPromise(answer)) return this.#entered(answer, i + 1, handler, request);
      if (answer !== undefined) return this.#leave(answer, request);
    }
    answer = handler(request, this.#services);
    return isPromise(answer)
      ? this.#entered(answer, undefined, handler, request)
      : this.#leave(answer, request);
  }

  /** The rest after a promise: of the hook before `next`, or of the handler. */
  async #entered(
    promise: PromiseLike<Answer>,
    next: number | undefined,
    handler: Handler<string>,
    request: KrepisRequest,
  ): Promise<Answer> {
    let answer = await promise;
    for (let i = next; answer === undefined && i !== undefined; i++) {
      const hook = this.#before[i];
      answer = await (hook ?? handler)(request, this.#services);
      if (hook === undefined) break;
    }
    return this.#leave(answer, request);
  }

  #leave(answer: Answer, request: KrepisRequest): Answer | Promise<Answer> {
    if (answer instanceof Response) return replyOfResponse(answer).then((made) => this.#leave(made, request));
    if (answer === UPGRADED) return answer;
    let made = replyOf(answer);
    for (let i = 0; i < this.#after.length; i++) {
      const other = (this.#after[i] as After<Services>)(request, made, this.#services);
      if (isPromise(other)) return this.#left(other, made, i + 1, request);
      made = other ?? made;
    }
    return made;
  }

  async #left(
    promise: PromiseLike<Reply | undefined>,
    before: Reply,
    next: number,
    request: KrepisRequest,
  ): Promise<Reply> {
    let made = (await promise) ?? before;
    for (const hook of this.#after.slice(next)) made = (await hook(request, made, this.#services)) ?? made;
    return made;
  }

  // -- ticks ---------------------------------------------------------------------------------------------

  /** One call for all the requests of a tick; returns the text of the answers that are there at once. */
  #tick(count: number): string {
    const { rows } = this.#kernel;
    const started = this.#log === undefined ? 0 : performance.now();
    for (let i = 0, at = 0; i < count; i++, at += Row.WORDS) {
      if (rows[at] === ROUTE_SOCKET) {
        this.#room.hear(at);
        continue;
      }
      if (rows[at] === ROUTE_BODY) {
        this.#kernel.uploads.get(rows[at + Row.CONNECTION] as number)?.take(at);
        continue;
      }
      const route = this.#routes[rows[at] as number] as Route;
      const request = new KrepisRequest(this.#kernel, at, route.names);
      request.started = started;
      let answer: Answer | Promise<Answer>;
      try {
        answer = route.run(request, this.#services);
      } catch (error) {
        answer = this.#failed(error, request);
      }
      if (
        typeof answer === 'object' &&
        answer !== null &&
        (answer instanceof Response || isPromise(answer))
      ) {
        this.#later(request, answer);
      } else {
        const [connection, generation] = [
          rows[at + Row.CONNECTION] as number,
          rows[at + Row.GENERATION] as number,
        ];
        if (this.#put(connection, generation, rows[at + Row.SEQUENCE] as number, answer, request))
          request.settle();
      }
    }
    return this.#take();
  }

  /** Called when answers came from promises, or when requests stay open after their tick. */
  #flush(): string {
    for (const request of this.#unkept) if (!request.settled) request.keep();
    this.#unkept = [];
    return this.#take();
  }

  #take(): string {
    const text = this.#text;
    this.#kernel.meta[Meta.ANSWERS] = this.#count;
    this.#kernel.meta[Meta.DUE] = this.#unkept.length;
    this.#text = '';
    this.#count = 0;
    return text;
  }

  #later(request: KrepisRequest, answer: Response | PromiseLike<Answer>): void {
    const { connection, generation, sequence } = request.key;
    const settle = (made: Exclude<Answer, Response>): void => {
      if (this.#put(connection, generation, sequence, made, request)) request.settle();
      this.#due();
    };
    const fail = (error: unknown): void => {
      const recovered = async (): Promise<Answer> => this.#failed(error, request);
      recovered()
        .then((made) => (made instanceof Response ? replyOfResponse(made) : made))
        .then(settle, () => settle(internalError()));
    };
    const take = (made: Answer): void => {
      if (made instanceof Response) replyOfResponse(made).then(settle, fail);
      else settle(made);
    };
    this.#unkept.push(request);
    this.#due();
    if (answer instanceof Response) take(answer);
    else answer.then(take, fail);
  }

  #due(): void {
    this.#kernel.meta[Meta.DUE] = this.#count + this.#unkept.length;
  }

  #failed(error: unknown, request: KrepisRequest): Answer | Promise<Answer> {
    try {
      return this.#onError(error, request);
    } catch (second) {
      return defaultError(second, request);
    }
  }

  /** Puts an answer into the table; false when its body is still to come. A reply that the kernel would refuse becomes a 500. */
  #put(
    connection: number,
    generation: number,
    sequence: number,
    answer: Exclude<Answer, Response>,
    request: KrepisRequest,
  ): boolean {
    if (answer === UPGRADED) {
      this.#log?.add(request, 101, 0);
      return true;
    }
    let template = this.#json;
    let status = 200;
    let fields = '';
    let body: Body | undefined;
    let length: number | undefined;
    try {
      if (typeof answer === 'string') {
        template = this.#plain;
        body = answer;
      } else if (isJson(answer)) {
        body = JSON.stringify(answer);
        if (body === undefined) [status, template] = [204, this.#statusTemplate(204)];
      } else {
        const made = replyOf(answer);
        ({ status, body, length } = made);
        fields = fieldLines(made.headers);
        template = this.#statusTemplate(status);
      }
    } catch (error) {
      console.error(error);
      const made = internalError();
      [status, body, fields] = [500, made.body, fieldLines(made.headers)];
      template = this.#statusTemplate(500);
    }
    if (isPieces(body)) {
      this.#log?.add(request, status, 0);
      this.#unkept.push(request);
      send(this.#kernel, { connection, generation, sequence }, template, fields, body, length)
        .catch((error: unknown) => console.error(error))
        .finally(() => request.settle());
      return false;
    }
    this.#log?.add(request, status, body?.length ?? 0);
    if (body instanceof Uint8Array) {
      addon.bytes(this.#kernel.handle, connection, generation, sequence, template, fields, body);
    } else {
      this.#append(connection, generation, sequence, template, fields, body ?? '');
    }
    return true;
  }

  #append(
    connection: number,
    generation: number,
    sequence: number,
    template: number,
    fields: string,
    text: string,
  ): void {
    const body = text.isWellFormed() ? text : text.toWellFormed();
    if (this.#count === ANSWERS_MAX) {
      addon.apply(this.#kernel.handle, this.#text, this.#count);
      this.#count = 0;
      this.#text = '';
    }
    const { answers } = this.#kernel;
    const at = this.#count++ * Table.WORDS;
    answers[at] = connection;
    answers[at + Table.GENERATION] = generation;
    answers[at + Table.SEQUENCE] = sequence;
    answers[at + Table.TEMPLATE] = template;
    answers[at + Table.FIELDS] = fields.length;
    answers[at + Table.BODY] = body.length;
    this.#text += fields + body;
  }

  #template(status: number, fields: string): number {
    return addon.template(this.#kernel.handle, status, this.#common + fields);
  }

  #statusTemplate(status: number): number {
    let template = this.#templates.get(status);
    if (template === undefined) {
      template = this.#template(status, '');
      this.#templates.set(status, template);
    }
    return template;
  }
}

/** What needs a socket cannot be in the isolate of a tenant, which has none. */
function notInIsolate(call: string, what: string): void {
  if (hosting.host?.adopt)
    throw new Error(
      `${call}: the isolates of tenants have no ${what}; register it in the project's own application, which is asked first`,
    );
}

/** What becomes JSON with status 200 and no headers of its own, or nothing. */
function isJson(answer: Exclude<Answer, Response>): boolean {
  return (
    answer !== undefined && !(answer instanceof Reply || answer instanceof Uint8Array || isPieces(answer))
  );
}

function squeezed(
  request: KrepisRequest,
  answer: Answer,
  options: CompressOptions,
): Answer | Promise<Answer> {
  return answer === UPGRADED ? answer : compressed(request, answer, options);
}

/** A handler that is called with what is valid. */
function checked(checks: Checks, handler: Handler<string>): Handler<string> {
  const body = checks.body && compile(checks.body);
  const query = checks.query && compileTexts(checks.query);
  const params = checks.params && compileTexts(checks.params);
  return (request, services) => {
    const valid: { body?: unknown; query?: unknown; params?: unknown } = {};
    const issues: Issue[] = [];
    if (params)
      valid.params = params(
        new Map(
          Object.entries<string>(request.params as object as Record<string, string>).map(([k, v]) => [
            k,
            [v],
          ]),
        ),
        issues,
      );
    if (issues.length > 0) throw new InvalidRequest(400, 'params', issues);
    if (query) valid.query = query(listed(request.query), issues);
    if (issues.length > 0) throw new InvalidRequest(400, 'query', issues);
    if (body) valid.body = body(request.json(), issues);
    if (issues.length > 0) throw new InvalidRequest(422, 'body', issues);
    (request as { valid: unknown }).valid = valid;
    return handler(request, services);
  };
}

function listed(query: URLSearchParams): Map<string, string[]> {
  const lists = new Map<string, string[]>();
  for (const [name, text] of query) {
    const list = lists.get(name);
    if (list) list.push(text);
    else lists.set(name, [text]);
  }
  return lists;
}

function internalError(): Reply {
  return new Reply(500, { 'content-type': TEXT }, 'Internal Server Error');
}

function defaultError(error: unknown, request: KrepisRequest): Reply {
  if (error instanceof InvalidRequest)
    return reply({ error: error.message, in: error.where, issues: error.issues }, { status: error.status });
  if (error instanceof HttpError)
    return new Reply(error.status, { ...error.headers, 'content-type': TEXT }, error.message);
  console.error(`${request.method} ${request.path}:`, error);
  return internalError();
}

function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | undefined)?.then === 'function';
}

function webBody(body: Body): string | Uint8Array<ArrayBuffer> | ReadableStream {
  if (!isPieces(body)) return body as string | Uint8Array<ArrayBuffer>;
  const bytes = async function* () {
    for await (const piece of body) yield typeof piece === 'string' ? Buffer.from(piece) : piece;
  };
  return ReadableStream.from(bytes());
}

function metricsOf(numbers: readonly number[]): Metrics {
  const [connectionsOpen, accepted, refused, requests, badRequests, timeouts, bytesIn, bytesOut, dropped] =
    numbers as [number, number, number, number, number, number, number, number, number];
  const responses = numbers.slice(9);
  return {
    connectionsOpen,
    accepted,
    refused,
    requests,
    badRequests,
    timeouts,
    bytesIn,
    bytesOut,
    dropped,
    responses,
  };
}

function unmatched(allowed: number): Response {
  if (allowed === 0) return new Response('Not Found', { status: 404, headers: { 'content-type': TEXT } });
  const allow = METHODS.filter((_, index) => (allowed >> index) & 1).join(', ');
  return new Response('Method Not Allowed', { status: 405, headers: { 'content-type': TEXT, allow } });
}

/** What the router found, into a row. */
function setParameters(rows: Int32Array, found: readonly number[], count: number): void {
  rows[Row.PARAMS_COUNT] = count;
  for (let i = 0; i < count; i++) {
    rows[Row.PARAMS + 2 * i] = (rows[Row.PATH] as number) + (found[2 * i + 1] as number);
    rows[Row.PARAMS + 2 * i + 1] = found[2 * i + 2] as number;
  }
}

/** A request that did not come from a socket, laid out as the kernel would have it. */
async function synthetic(
  kernel: Kernel,
  input: Request,
  url: URL,
  found: readonly number[],
  names: readonly string[],
): Promise<KrepisRequest> {
  const lines = [...input.headers].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const line = `${input.method} ${url.pathname}${url.search} HTTP/1.1\r\n`;
  const head = `${line}${lines}\r\n`;
  const body = new Uint8Array(await input.arrayBuffer());
  const memory = Buffer.concat([Buffer.from(head, 'latin1'), body]) as Buffer as Memory;
  const rows = new Int32Array(Row.WORDS);
  const path = input.method.length + 1;
  rows[Row.FLAGS] = url.protocol === 'https:' ? OVER_TLS : 0;
  rows[Row.METHOD] = METHODS.indexOf(input.method as Method);
  rows[Row.FIELDS] = line.length;
  rows[Row.HEAD_LENGTH] = head.length;
  rows[Row.BODY] = head.length;
  rows[Row.BODY_LENGTH] = body.length;
  rows[Row.PATH] = path;
  rows[Row.PATH_LENGTH] = url.pathname.length;
  rows[Row.QUERY_LENGTH] = Math.max(0, url.search.length - 1);
  setParameters(rows, found, names.length);
  return new KrepisRequest(kernel, 0, names, memory, rows);
}
