let counters = new Map<string, number>();

export function hit(page: string): void {
  counters.set(page, (counters.get(page) ?? 0) + 1);
}

export function takeAll(): Map<string, number> {
  const taken = counters;
  counters = new Map();
  return taken;
}
