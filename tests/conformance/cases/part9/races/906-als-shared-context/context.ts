// pattern: one context object for all requests is handed to AsyncLocalStorage: the next request changes its user
import { AsyncLocalStorage } from 'node:async_hooks';

export interface RequestContext {
  user: string;
  traceId: string;
}

export const storage = new AsyncLocalStorage<RequestContext>();

export function current(): RequestContext {
  const context = storage.getStore();
  if (!context) throw new Error('outside of a request');
  return context;
}
