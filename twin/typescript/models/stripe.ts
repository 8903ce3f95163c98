// stripe: creating and changing things is an effect; the same idempotency key makes it one effect.
import { effect, fresh, io, kv, unknown } from 'krepis:model';

const keys = kv('stripe idempotency');

const change = (name) => (first, second, third) =>
  io(`stripe.${name}`, () => {
    const options = third ?? second;
    const key = options?.idempotencyKey;
    if (key !== undefined && keys.has([name, key])) return keys.get([name, key]);
    effect(`stripe.${name}`, first, second);
    const made = { id: fresh(name), status: unknown(`stripe.${name}.status`, first, second) };
    if (key !== undefined) keys.set([name, key], made);
    return made;
  });

const read = (name) => (first, second) => io(`stripe.${name}`, () => unknown(`stripe.${name}`, first, second));

const resource = (name, actions) => {
  const out = { retrieve: read(`${name}.retrieve`), list: read(`${name}.list`), search: read(`${name}.search`) };
  for (const action of ['create', 'update', 'del', 'cancel', ...actions]) out[action] = change(`${name}.${action}`);
  return out;
};

export class Stripe {
  constructor(key, config) {
    this.paymentIntents = resource('paymentIntents', ['confirm', 'capture']);
    this.charges = resource('charges', ['capture']);
    this.refunds = resource('refunds', []);
    this.customers = resource('customers', ['createBalanceTransaction']);
    this.subscriptions = resource('subscriptions', ['resume']);
    this.invoices = resource('invoices', ['pay', 'finalizeInvoice', 'sendInvoice', 'voidInvoice']);
    this.invoiceItems = resource('invoiceItems', []);
    this.transfers = resource('transfers', ['createReversal']);
    this.payouts = resource('payouts', []);
    this.paymentMethods = resource('paymentMethods', ['attach', 'detach']);
    this.setupIntents = resource('setupIntents', ['confirm']);
    this.products = resource('products', []);
    this.prices = resource('prices', []);
    this.checkout = { sessions: resource('checkout.sessions', ['expire']) };
    this.webhooks = { constructEvent: (body, signature, secret) => unknown('stripe.event', body, signature) };
  }
}

export default Stripe;
