const taken = new Set<string>();
declare const db: { check(n: string): Promise<void> };
function ensureFree(name: string): void {
  if (taken.has(name)) throw new Error('x');
}
export async function b(name: string) {
  ensureFree(name);
  await db.check(name);
  taken.add(name); // RACE: check-then-act
}
