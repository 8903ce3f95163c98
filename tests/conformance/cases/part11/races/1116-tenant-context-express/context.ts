// pattern: the tenant of a request is kept in a module-level context object that the repository reads after an await
type RequestContext = { tenantId: string; userId: string };

let current: RequestContext | undefined;

export function enter(ctx: RequestContext, next: () => void): void {
  current = ctx; // RACE: stale-read
  next();
}

export function tenant(): string {
  if (!current) throw new Error('outside of a request');
  return current.tenantId; // RACE: stale-read
}
