import { AsyncLocalStorage } from 'node:async_hooks';
import type { Request, Response } from 'express';
import { tenants, invoices } from './db';

interface Context {
  requestId: string;
  currency: string;
}

export const context = new AsyncLocalStorage<Context>();

export async function monthly(req: Request, res: Response): Promise<void> {
  const store: Context = { requestId: req.get('x-request-id') ?? '', currency: 'EUR' };
  await context.run(store, async () => {
    const tenant = await tenants.byHost(req.hostname);
    context.getStore()!.currency = tenant.currency;
    const total = await invoices.sum(tenant.id);
    const { requestId, currency } = context.getStore()!;
    res.json({ id: requestId, total: `${total} ${currency}` });
  });
}
