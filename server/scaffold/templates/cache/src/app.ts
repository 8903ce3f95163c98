import { HttpError, krepis, t } from 'krepis';
import { Quotes, type Source } from './quotes.ts';
import type { Store } from './store.ts';

const Symbols = t.object({ symbol: t.string({ pattern: /^[A-Z]{1,5}$/ }) });
const WINDOW_S = 60;

export function application(store: Store, source: Source, limit = 100) {
  const app = krepis()
    .provide('store', () => store)
    .provide('quotes', ({ store }) => new Quotes(store, source));

  app.before(async (request, { store }) => {
    const client = request.header('x-client') ?? 'anonymous'; // in production: an API key
    const count = await store.count(`rate:${client}`, WINDOW_S);
    if (count > limit) throw new HttpError(429, 'too many requests', { 'retry-after': String(WINDOW_S) });
    return undefined;
  });

  app.get('/quotes/:symbol', { params: Symbols }, (request, { quotes }) => quotes.get(request.valid.params.symbol));

  app.get('/limits', () => ({ requests: limit, seconds: WINDOW_S }));

  app.fixed('GET', '/health', 'ok');
  return app;
}
