// pattern: the context is in AsyncLocalStorage
import { AsyncLocalStorage } from 'node:async_hooks';

type RequestContext = { tenantId: string; userId: string };

const storage = new AsyncLocalStorage<RequestContext>();

export function enter(ctx: RequestContext, next: () => void): void {
  storage.run(ctx, next);
}

export function tenant(): string {
  const current = storage.getStore();
  if (!current) throw new Error('outside of a request');
  return current.tenantId;
}
