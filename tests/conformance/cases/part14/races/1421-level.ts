import { Level } from 'level';
const db = new Level<string, { n: number }>('./db', { valueEncoding: 'json' });
export async function bump(k: string) {
  const cur = await db.get(k).catch(() => ({ n: 0 }));
  await db.put(k, { n: cur.n + 1 }); // RACE: lost-update
}
