let counters = new Map<string, number>();

export function hit(page: string): void {
  counters.set(page, (counters.get(page) ?? 0) + 1);
}

export const all = (): Map<string, number> => counters;

export function reset(): void {
  counters.clear(); // RACE: lost-update
}
