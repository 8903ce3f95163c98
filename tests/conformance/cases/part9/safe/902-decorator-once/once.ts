// pattern: the decorator keeps the promise, and forgets one that failed
const results = new WeakMap<object, Map<string, unknown>>();

export function Once(_target: object, name: string, descriptor: PropertyDescriptor): PropertyDescriptor {
  const original = descriptor.value as (...args: unknown[]) => Promise<unknown>;
  descriptor.value = function (this: object, ...args: unknown[]) {
    let own = results.get(this);
    if (!own) results.set(this, (own = new Map()));
    if (own.has(name)) return own.get(name);
    const cache = own;
    const pending = original.apply(this, args).catch((error) => {
      cache.delete(name);
      throw error;
    });
    cache.set(name, pending);
    return pending;
  };
  return descriptor;
}
