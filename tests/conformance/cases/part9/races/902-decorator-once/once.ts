// pattern: method decorator that keeps the result of the first call, but only after it was awaited
const results = new WeakMap<object, Map<string, unknown>>();

export function Once(_target: object, name: string, descriptor: PropertyDescriptor): PropertyDescriptor {
  const original = descriptor.value as (...args: unknown[]) => Promise<unknown>;
  descriptor.value = async function (this: object, ...args: unknown[]) {
    let own = results.get(this);
    if (!own) results.set(this, (own = new Map()));
    if (own.has(name)) return own.get(name);
    const value = await original.apply(this, args);
    own.set(name, value); // RACE: init-race
    return value;
  };
  return descriptor;
}
