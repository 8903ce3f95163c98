// The SDK as a program under test finds it in the isolate: the SDK's own replies and schemas, and an application whose
// routes are called without a socket. `fetch` reaches the applications that listen, and nothing else.

import { HttpError, InvalidRequest, Reply, reply, replyOf } from './reply.ts';
import { compile, compileTexts, t } from './schema.ts';

export { App, HttpError, InvalidRequest, Reply, reply, t };

const listening = new Map();
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

class Headers {
  #lines = [];
  constructor(init = {}) {
    const pairs = init instanceof Headers ? init.#lines : Array.isArray(init) ? init : Object.entries(init);
    for (const [name, value] of pairs) for (const one of [value].flat()) this.append(name, one);
  }
  append(name, value) { this.#lines.push([String(name).toLowerCase(), String(value)]); }
  set(name, value) { this.delete(name); this.append(name, value); }
  delete(name) { this.#lines = this.#lines.filter(([one]) => one !== name.toLowerCase()); }
  get(name) {
    const found = this.#lines.filter(([one]) => one === name.toLowerCase());
    return found.length > 0 ? found.map(([, value]) => value).join(', ') : null;
  }
  has(name) { return this.get(name) !== null; }
  getSetCookie() { return this.#lines.filter(([name]) => name === 'set-cookie').map(([, value]) => value); }
  entries() { return this.#lines[Symbol.iterator](); }
  [Symbol.iterator]() { return this.entries(); }
}
class Response {
  #body;
  constructor(body = null, init = {}) {
    this.#body = body ?? '';
    this.status = init.status ?? 200;
    this.headers = new Headers(init.headers);
  }
  get ok() { return this.status >= 200 && this.status < 300; }
  async text() { return typeof this.#body === 'string' ? this.#body : new TextDecoder().decode(this.#body); }
  async json() { return JSON.parse(await this.text()); }
  static json(value, init = {}) {
    return new Response(JSON.stringify(value), { ...init, headers: { 'content-type': 'application/json', ...init.headers } });
  }
}
class Request {
  constructor(url, init = {}) {
    this.url = String(url);
    this.method = (init.method ?? 'GET').toUpperCase();
    this.headers = new Headers(init.headers);
    this.body = init.body;
  }
}
class URLSearchParams {
  #pairs = [];
  constructor(text = '') {
    for (const part of String(text).replace(/^\?/, '').split('&').filter(Boolean)) {
      const [name, value = ''] = part.split('=').map((one) => decodeURIComponent(one.replaceAll('+', ' ')));
      this.#pairs.push([name, value]);
    }
  }
  get(name) { return this.#pairs.find(([one]) => one === name)?.[1] ?? null; }
  getAll(name) { return this.#pairs.filter(([one]) => one === name).map(([, value]) => value); }
  has(name) { return this.#pairs.some(([one]) => one === name); }
  [Symbol.iterator]() { return this.#pairs[Symbol.iterator](); }
}
Object.assign(globalThis, { Headers, Response, Request, URLSearchParams, fetch: (input, init) => fetched(input, init) });

async function fetched(input, init) {
  const request = input instanceof Request ? input : new Request(input, init);
  const match = /^http:\/\/[^/:]+:(\d+)(.*)$/.exec(request.url);
  const app = match && listening.get(Number(match[1]));
  if (!app) throw new TypeError('fetch failed: there is no network here');
  return app.answered(request, match[2] || '/');
}

/** One request, as handlers see it. */
class KrepisRequest {
  constructor(request, path, search, params) {
    this.method = request.method;
    this.path = path;
    this.search = search;
    this.params = params;
    this.headers = request.headers;
    this.body = request.body ?? '';
    this.valid = {};
  }
  get query() { return new URLSearchParams(this.search); }
  header(name) { return this.headers.get(name) ?? undefined; }
  get cookies() {
    const pairs = (this.header('cookie') ?? '').split(';').filter((one) => one.includes('='));
    return Object.fromEntries(pairs.map((one) => [one.slice(0, one.indexOf('=')).trim(), one.slice(one.indexOf('=') + 1).trim()]));
  }
  text() { return typeof this.body === 'string' ? this.body : new TextDecoder().decode(this.body); }
  json() {
    try { return JSON.parse(this.text()); } catch { throw new HttpError(400, 'the body is not JSON'); }
  }
  bytes() { return typeof this.body === 'string' ? new TextEncoder().encode(this.body) : this.body; }
}

function part(text) {
  try { return decodeURIComponent(text); } catch { throw new HttpError(400, 'malformed'); }
}

/** Names with their texts. */
function texts(pairs) {
  const found = new Map();
  for (const [name, value] of pairs) found.set(name, [...(found.get(name) ?? []), value]);
  return found;
}

class App {
  #routes = [];
  #makers = new Map();
  #services;
  #before = [];
  #after = [];
  #onError = (error) =>
    error instanceof HttpError
      ? reply({ error: error.message, ...(error.issues ? { issues: error.issues } : {}) }, { status: error.status, headers: error.headers ?? {} })
      : reply({ error: 'internal error' }, { status: 500 });

  route(method, path, first, second) {
    const names = [...path.matchAll(/\/[:*](\w+)/g)].map((match) => match[1]);
    const escaped = path.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\/:\w+/g, '/([^/]+)').replace(/\/\*\w+/g, '/(.*)');
    const checks = Object.entries(second === undefined ? {} : first).map(([where, schema]) => [
      where, where === 'body' ? compile(schema) : compileTexts(schema),
    ]);
    this.#routes.push({ method: method.toUpperCase(), pattern: new RegExp(`^${escaped}$`), names, checks, handler: second ?? first });
    return this;
  }
  fixed(method, path, answer) { return this.route(method, path, () => answer); }
  provide(name, make) { this.#makers.set(name, make); return this; }
  before(hook) { this.#before.push(hook); return this; }
  after(hook) { this.#after.push(hook); return this; }
  onError(hook) { this.#onError = hook; return this; }
  headers() { return this; }
  compress() { return this; }
  accessLog() { return this; }
  listen() {
    const port = 3000 + listening.size;
    listening.set(port, this);
    return { port, close: async () => { listening.delete(port); } };
  }
  fetch(request) { return this.answered(request, request.url.replace(/^\w+:\/\/[^/]+/, '') || '/'); }

  async answered(request, target) {
    if (!this.#services) {
      this.#services = {};
      for (const [name, make] of this.#makers) this.#services[name] = make(this.#services);
    }
    const [path, search = ''] = target.split('?');
    const fitting = this.#routes.map((route) => ({ route, match: route.pattern.exec(path) })).filter(({ match }) => match);
    const found = fitting.find(({ route }) => route.method === request.method);
    let made;
    const asked = new KrepisRequest(request, path, search, {});
    try {
      if (!found) throw new HttpError(fitting.length > 0 ? 405 : 404, fitting.length > 0 ? 'method not allowed' : 'not found');
      asked.params = Object.fromEntries(found.route.names.map((name, at) => [name, part(found.match[at + 1])]));
      for (const hook of this.#before) if (made === undefined) made = await hook(asked, this.#services);
      if (made === undefined) {
        for (const [where, check] of found.route.checks) {
          const issues = [];
          const value = where === 'body' ? asked.json() : texts(where === 'query' ? asked.query : Object.entries(asked.params));
          asked.valid[where] = check(value, issues);
          if (issues.length > 0) throw new InvalidRequest(where === 'body' ? 422 : 400, where, issues);
        }
        made = await found.route.handler(asked, this.#services);
      }
    } catch (error) {
      made = await this.#onError(error, asked);
    }
    if (made instanceof Response) return made;
    let answer = replyOf(made);
    for (const hook of this.#after) answer = (await hook(asked, answer, this.#services)) ?? answer;
    return new Response(answer.body ?? null, { status: answer.status, headers: answer.headers });
  }
}
for (const method of METHODS) App.prototype[method] = function (...values) { return this.route(method, ...values); };

export function krepis() { return new App(); }
