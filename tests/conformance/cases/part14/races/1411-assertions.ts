const m = new Map<string, { n: number; busy: boolean }>();
export async function f(k: string, save: (n: number) => Promise<void>) {
  if (!m.get(k)!.busy) {
    const n = 1 + m.get(k)!.n;
    await save(n);
    m.get(k)!.n = n; // RACE: lost-update
  }
}
