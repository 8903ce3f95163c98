import { strict as assert } from 'node:assert';
const taken = new Set<string>();
declare const db: { check(n: string): Promise<void> };
export async function c(name: string) {
  assert.equal(taken.has(name), false);
  await db.check(name);
  taken.add(name); // RACE: check-then-act
}
