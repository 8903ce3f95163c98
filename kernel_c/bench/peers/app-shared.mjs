/** What the application consists of, whatever serves it: 30 routes, validation, cookies, headers. */

import helmet from 'helmet';
import { z } from 'zod';

export const RESOURCES = ['users', 'orders', 'products', 'carts', 'reviews', 'invoices', 'stores', 'tags', 'coupons', 'refunds'];

export const order = z.object({
  customer: z.string().min(1).max(80),
  email: z.email(),
  note: z.string().max(500).optional(),
  lines: z.array(z.object({ sku: z.string().regex(/^[a-z]+-\d+$/), count: z.number().int().min(1).max(99) })).min(1),
});

export const list = (resource) => [1, 2, 3].map((id) => ({ id: `${id}`, kind: resource }));
export const one = (resource, id, session) => ({ id, kind: resource, name: `${resource} ${id}`, session, tags: ['a', 'b'] });
export const made = (resource, body, session) => ({ kind: resource, lines: body.lines.length, customer: body.customer, session });

/** The headers that helmet sets, for peers without a plugin of it. */
export function security() {
  const headers = {};
  const response = {
    setHeader: (name, value) => {
      headers[name.toLowerCase()] = `${value}`;
    },
    removeHeader: () => {},
  };
  helmet()({}, response, () => {});
  return headers;
}
