export interface ClientOptions {
  /** Headers of every request, an API key for instance. */
  readonly headers?: Record<string, string>;
  readonly fetch?: typeof fetch;
}

/** An answer that is no success. `body` is parsed when it is JSON, and a text otherwise. */
export class RequestFailed extends Error {
  readonly status: number;
  readonly body: unknown;

  constructor(status: number, body: unknown) {
    super(`the server answered ${status}: ${typeof body === 'string' ? body : JSON.stringify(body)}`);
    this.status = status;
    this.body = body;
  }
}

interface Given {
  readonly path?: object;
  readonly query?: object;
  readonly header?: object;
  readonly body?: unknown;
}

function sender(base: string, options: ClientOptions) {
  const ask = options.fetch ?? fetch;
  return async <T>(method: string, path: string, given: Given, init: RequestInit = {}, media = 'application/json') => {
    const names = new Map<string, unknown>(Object.entries(given.path ?? {}));
    const target = path.replace(/\{([^}]+)\}/g, (_whole, name: string) => encodeURIComponent(String(names.get(name))));
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(given.query ?? {})) {
      for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) query.append(name, String(one));
    }
    const headers = new Headers({ ...options.headers });
    for (const [name, value] of Object.entries(given.header ?? {})) if (value !== undefined) headers.set(name, String(value));
    new Headers(init.headers).forEach((value, name) => {
      headers.set(name, value);
    });
    const sent: RequestInit = { ...init, method, headers };
    if (given.body !== undefined) {
      if (!headers.has('content-type')) headers.set('content-type', media);
      sent.body = media === 'application/json' ? JSON.stringify(given.body) : (given.body as string | Uint8Array<ArrayBuffer>);
    }
    const response = await ask(`${base.replace(/\/$/, '')}${target}${query.size > 0 ? `?${query}` : ''}`, sent);
    const type = response.headers.get('content-type') ?? '';
    const isText = type.startsWith('text/') && !type.startsWith('text/event-stream');
    if (!response.ok) throw new RequestFailed(response.status, type.includes('json') ? await response.json() : await response.text());
    if (response.status === 204 || type === '') return undefined as T;
    return (type.includes('json') ? await response.json() : isText ? await response.text() : response) as T;
  };
}
