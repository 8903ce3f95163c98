// krepis: routes, hooks and sockets are entry points; services are made once and given to all of them.
import { around, effect, handler } from 'krepis:model';

export class HttpError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export class InvalidRequest extends HttpError {}

const schema = () => ({});
export const t = {
  string: schema,
  number: schema,
  integer: schema,
  boolean: schema,
  any: schema,
  literal: schema,
  array: schema,
  object: schema,
  union: schema,
  optional: schema,
};

export class Reply {
  constructor(status, headers, body) {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}

export function reply(body, init) {
  return new Reply(init?.status ?? 200, init?.headers ?? {}, body);
}

/** Goes on with a value, without waiting unless it is a promise, as the SDK does. */
function then(value, next) {
  return value instanceof Promise ? value.then(next) : next(value);
}

export class App {
  constructor(options) {
    this.services = {};
    this.befores = [];
    this.afters = [];
  }

  route(method, path, ...rest) {
    const run = rest[rest.length - 1];
    handler(`${method} ${path}`, around(run, (request) => this.enter(request, run, 0)));
    return this;
  }

  enter(request, run, at) {
    if (at < this.befores.length) {
      return then(this.befores[at](request, this.services), (early) =>
        early === undefined ? this.enter(request, run, at + 1) : this.leave(request, early, 0),
      );
    }
    return then(run(request, this.services), (answer) => this.leave(request, answer, 0));
  }

  leave(request, answer, at) {
    if (at === this.afters.length) return answer;
    const made = answer instanceof Reply ? answer : new Reply(200, {}, answer);
    return then(this.afters[at](request, made, this.services), (other) => this.leave(request, other ?? made, at + 1));
  }

  get(path, ...rest) {
    return this.route('GET', path, ...rest);
  }

  post(path, ...rest) {
    return this.route('POST', path, ...rest);
  }

  put(path, ...rest) {
    return this.route('PUT', path, ...rest);
  }

  patch(path, ...rest) {
    return this.route('PATCH', path, ...rest);
  }

  delete(path, ...rest) {
    return this.route('DELETE', path, ...rest);
  }

  ws(path, on) {
    const call = (name, hook) =>
      hook === undefined || handler(`WS ${path} ${name}`, around(hook, (...args) => hook.call(on, ...args)));
    call('upgrade', on.upgrade);
    call('open', on.open);
    call('message', on.message);
    call('close', on.close);
    call('drain', on.drain);
    return this;
  }

  publish(topic, message) {
    effect(`publish ${topic}`, message);
    return 0;
  }

  provide(name, make) {
    this.services[name] = make(this.services);
    return this;
  }

  before(hook) {
    this.befores.push(hook);
    return this;
  }

  after(hook) {
    this.afters.push(hook);
    return this;
  }

  tenants() {
    return { metrics: () => [] };
  }

  onError(hook) {
    handler('onError', hook);
    return this;
  }

  fixed() {
    return this;
  }

  files() {
    return this;
  }

  metrics() {
    return this;
  }

  headers() {
    return this;
  }

  accessLog() {
    return this;
  }

  listen() {
    return { port: 0, close: async () => {}, metrics: () => ({}) };
  }
}

export function krepis(options) {
  return new App(options);
}
