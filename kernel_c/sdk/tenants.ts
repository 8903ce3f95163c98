/**
 * Tenants of an application: limits of their requests, and whose turn is next when there are more than may run at once.
 *
 * The kernel decides, this calls it. What a request costs is the time that its handlers kept the event loop until
 * they first waited; what they do later is not measured.
 */

import type { Isolates } from './isolates.ts';
import { addon } from './kernel.ts';
import { type Answer, HttpError, refusal } from './reply.ts';
import type { KrepisRequest } from './request.ts';

export interface Tenant {
  readonly name: string;
  /** What makes a request its own. */
  readonly hosts?: readonly string[];
  readonly prefixes?: readonly string[];
  /** Values of the header that `TenantOptions` names. */
  readonly headers?: readonly string[];
  /** Its share of the event loop when others wait too. [default: 1] */
  readonly weight?: number;
  /** Requests that run at once. [default: 100] */
  readonly running?: number;
  /** Requests that wait for that; further ones get a 503. [default: 1000] */
  readonly queued?: number;
  /** Requests let in per second; further ones get a 429. [default: as many as come] */
  readonly rate?: number;
  /** How many at once, when there were none for a while. [default: `rate`] */
  readonly burst?: number;
  /** Connections whose first request was its own, open at once; the requests of further ones get a 503. [default: as many as come] */
  readonly connections?: number;
  /** The module whose application answers, in an isolate of its own. [default: that of all] */
  readonly program?: string | URL;
  /** MiB of its isolate. [default: that of all] */
  readonly memoryMb?: number;
}

export interface TenantOptions {
  readonly tenants: readonly Tenant[];
  readonly header?: string;
  /** Requests of all tenants that run at once. [default: 256] */
  readonly running?: number;
  /** The module whose application answers, for each tenant in an isolate of its own: a path, or a URL. */
  readonly program?: string | URL;
  /** MiB that an isolate may have, on its heap and outside of it. [default: 128] */
  readonly memoryMb?: number;
  /** An isolate whose event loop stands still for this long is stopped. [default: 1000] */
  readonly stallMs?: number;
}

export interface TenantMetrics {
  readonly name: string;
  readonly offered: number;
  /** Those that got a 429, and those that got a 503. */
  readonly limited: number;
  readonly refused: number;
  readonly ended: number;
  readonly costMs: number;
  readonly running: number;
  readonly queued: number;
  readonly connections: number;
  /** How often its isolate was started anew. */
  readonly restarts: number;
}

/** Of all tenants, running and queued, as in `tenants.c`. */
const REQUESTS_MAX = 1 << 24;
const RUNNING = 256;
const RUNNING_EACH = 100;
const QUEUED = 1000;
const CONNECTIONS_MAX = 0xffffffff;
const LIMITED_FROM = -1000;
const KINDS = ['hosts', 'prefixes', 'headers'] as const;

type Run = () => Answer | Promise<Answer>;

export class Tenants {
  /** @internal */
  isolates: Isolates | undefined;
  readonly #handle: object;
  /** Tenants with a limit of connections. */
  readonly #counted: readonly boolean[];
  /** Connections that are counted, and of which generation. */
  readonly #owners = new Map<number, number>();
  readonly #names: readonly string[];
  readonly #header: string | undefined;
  /** What to call when the turn of a request comes that had to wait, by its number. */
  readonly #waiting = new Map<number, () => void>();

  constructor({ tenants, header, running = RUNNING }: TenantOptions) {
    const limits = new Uint32Array(
      tenants.flatMap((one) => {
        const rate = one.rate ?? 0;
        return [
          one.weight ?? 1,
          one.connections ?? CONNECTIONS_MAX,
          one.running ?? RUNNING_EACH,
          one.queued ?? QUEUED,
          rate,
          one.burst ?? rate,
        ];
      }),
    );
    // Room for all that may be there, so that no tenant uses up another's.
    const requests = tenants.reduce(
      (sum, one) => sum + (one.running ?? RUNNING_EACH) + (one.queued ?? QUEUED),
      0,
    );
    if (requests > REQUESTS_MAX)
      throw new RangeError(
        `the tenants may have ${requests} requests at once, running and queued, and ${REQUESTS_MAX} are the most: lower queued`,
      );
    this.#handle = addon.tenantsNew(limits, requests, running);
    this.#names = tenants.map((one) => one.name);
    this.#counted = tenants.map((one) => one.connections !== undefined);
    this.#header = header;
    for (const [number, one] of tenants.entries()) {
      for (const [kind, key] of KINDS.entries()) {
        for (const text of one[key] ?? []) {
          if (addon.tenantsRule(this.#handle, number, kind, text) !== 0)
            throw new RangeError(
              `${one.name}: ${key} has ${JSON.stringify(text)}, which is malformed or another tenant's`,
            );
        }
      }
    }
  }

  /** Whose a request is, or -1. */
  of(request: KrepisRequest): number {
    const header = this.#header === undefined ? undefined : request.header(this.#header);
    return addon.tenantsFind(this.#handle, request.header('host'), request.path, header);
  }

  /** Whether its connection is the tenant's, or another's that came here too, or becomes one. */
  #admit(request: KrepisRequest, tenant: number): boolean {
    const { connection, generation } = request.key;
    if (this.#owners.get(connection) === generation) return true;
    if (addon.tenantsOpen(this.#handle, tenant) !== 0) return false;
    this.#owners.set(connection, generation);
    request.follow(() => {
      if (this.#owners.get(connection) === generation) this.#owners.delete(connection);
      addon.tenantsClose(this.#handle, tenant);
    });
    return true;
  }

  /** Runs a request when its turn comes: at once, if may be. Throws an `HttpError` when it is not let in. */
  run(request: KrepisRequest, handle: Run): Answer | Promise<Answer> {
    const tenant = this.of(request);
    if (tenant < 0) throw new HttpError(404, 'Not Found');
    if (this.#counted[tenant] && !this.#admit(request, tenant))
      throw refusal(503, 'Service Unavailable', { 'retry-after': '1' });
    const number = addon.tenantsOffer(this.#handle, tenant, Math.floor(performance.now()));
    if (number <= LIMITED_FROM) {
      const seconds = Math.max(1, Math.ceil((LIMITED_FROM - number) / 1000));
      throw refusal(429, 'Too Many Requests', { 'retry-after': `${seconds}` });
    }
    if (number < 0) throw refusal(503, 'Service Unavailable', { 'retry-after': '1' });
    let mine = false;
    for (let taken = this.#take(); taken >= 0; taken = this.#take()) {
      if (taken === number) {
        mine = true;
        break;
      }
      this.#start(taken);
    }
    if (mine) return this.#timed(number, handle);
    return new Promise<Answer>((resolve, reject) => {
      this.#waiting.set(number, () => {
        try {
          resolve(this.#timed(number, handle) as Answer);
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  metrics(): TenantMetrics[] {
    return this.#names.map((name, number) => {
      const [offered, limited, refused, ended, cost, connections, running, queued] = addon.tenantsMetrics(
        this.#handle,
        number,
      ) as [number, number, number, number, number, number, number, number];
      const restarts = this.isolates?.restarts(number) ?? 0;
      return {
        name,
        offered,
        limited,
        refused,
        ended,
        costMs: cost / 1000,
        running,
        queued,
        connections,
        restarts,
      };
    });
  }

  /** The same for Prometheus. */
  text(): string {
    const all = this.metrics();
    const lines = (name: string, type: string, figures: (one: TenantMetrics) => [string, number][]): string =>
      `# TYPE ${name} ${type}\n${all
        .flatMap((one) =>
          figures(one).map(
            ([more, value]) => `${name}{tenant=${JSON.stringify(one.name)}${more}} ${value}\n`,
          ),
        )
        .join('')}`;
    const total = 'krepis_tenant_requests_total';
    return (
      lines(total, 'counter', ({ ended, limited, refused }) => [
        [',outcome="ended"', ended],
        [',outcome="limited"', limited],
        [',outcome="refused"', refused],
      ]) +
      lines('krepis_tenant_cost_seconds_total', 'counter', ({ costMs }) => [['', costMs / 1000]]) +
      lines('krepis_tenant_isolate_restarts_total', 'counter', ({ restarts }) => [['', restarts]]) +
      lines('krepis_tenant_requests', 'gauge', ({ running, queued }) => [
        [',state="running"', running],
        [',state="queued"', queued],
      ])
    );
  }

  #take(): number {
    return addon.tenantsTake(this.#handle);
  }

  #start(number: number): void {
    const start = this.#waiting.get(number);
    this.#waiting.delete(number);
    start?.();
  }

  #timed(number: number, handle: Run): Answer | Promise<Answer> {
    const begin = performance.now();
    let costUs = 0;
    let answer: Answer | Promise<Answer>;
    try {
      answer = handle();
    } catch (error) {
      this.#end(number, (performance.now() - begin) * 1000);
      throw error;
    }
    costUs = (performance.now() - begin) * 1000;
    if (answer instanceof Promise) return answer.finally(() => this.#end(number, costUs));
    this.#end(number, costUs);
    return answer;
  }

  #end(number: number, costUs: number): void {
    addon.tenantsEnd(this.#handle, number, Math.round(costUs));
    // Those that wait begin in a turn of their own, so that none runs inside another one.
    if (this.#waiting.size > 0) queueMicrotask(() => this.#next());
  }

  #next(): void {
    const taken = this.#waiting.size > 0 ? this.#take() : -1;
    if (taken < 0) return;
    this.#start(taken);
    if (this.#waiting.size > 0) queueMicrotask(() => this.#next());
  }
}
