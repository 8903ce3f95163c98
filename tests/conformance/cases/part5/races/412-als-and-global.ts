import { AsyncLocalStorage } from 'node:async_hooks';
import type { Request, Response } from 'express';
import { tenants, invoices } from './db';

export const context = new AsyncLocalStorage<{ requestId: string }>();
let currency = 'EUR';

export async function monthly(req: Request, res: Response): Promise<void> {
  await context.run({ requestId: req.get('x-request-id') ?? '' }, async () => {
    const tenant = await tenants.byHost(req.hostname);
    currency = tenant.currency;
    const total = await invoices.sum(tenant.id);
    res.json({ id: context.getStore()?.requestId, total: `${total} ${currency}` }); // RACE: stale-read
  });
}
