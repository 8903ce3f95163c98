import type { DatabaseSync } from 'node:sqlite';
import { HttpError, krepis, reply, t } from 'krepis';
import { type CartEvent, refusal } from './cart.ts';
import { Streams } from './streams.ts';

const Id = t.object({ id: t.string({ min: 1, max: 40, pattern: /^[\w-]+$/ }) });
const Sku = t.string({ min: 1, max: 40, pattern: /^[\w-]+$/ });
/** The version of the cart that the client has seen. */
const Seen = t.integer({ min: 0, max: 1_000_000 });
const Add = t.object({ version: Seen, sku: Sku, count: t.integer({ min: 1, max: 1000 }) });
const Remove = t.object({ version: Seen, sku: Sku });
const Order = t.object({ version: Seen });

export function application(db: DatabaseSync) {
  const app = krepis().provide('streams', () => new Streams(db));

  function happen(streams: Streams, id: string, seen: number, event: CartEvent) {
    const { cart, version } = streams.cart(id);
    if (version !== seen) throw new HttpError(409, `the cart is at version ${version}`);
    const why = refusal(cart, event);
    if (why !== undefined) throw new HttpError(422, why);
    if (!streams.append(id, version, event)) throw new HttpError(409, 'the cart has moved on'); // by another process
    return reply({ version: version + 1 }, { status: 201 });
  }

  app.get('/carts/:id', { params: Id }, (request, { streams }) => {
    const { cart, version } = streams.cart(request.valid.params.id);
    return { ...cart, version };
  });

  app.get('/carts/:id/events', { params: Id }, (request, { streams }) => streams.events(request.valid.params.id));

  app.post('/carts/:id/add', { params: Id, body: Add }, (request, { streams }) => {
    const { version, sku, count } = request.valid.body;
    return happen(streams, request.valid.params.id, version, { type: 'added', sku, count });
  });

  app.post('/carts/:id/remove', { params: Id, body: Remove }, (request, { streams }) => {
    const { version, sku } = request.valid.body;
    return happen(streams, request.valid.params.id, version, { type: 'removed', sku });
  });

  app.post('/carts/:id/order', { params: Id, body: Order }, (request, { streams }) =>
    happen(streams, request.valid.params.id, request.valid.body.version, { type: 'ordered' }),
  );

  app.fixed('GET', '/health', 'ok');
  return app;
}
