import pgPromise from 'pg-promise';
const pgp = pgPromise();
const db = pgp(process.env.DATABASE_URL!);
export async function withdraw(id: number, n: number) {
  const acc = await db.one('SELECT balance FROM accounts WHERE id = $1', [id]);
  if (acc.balance < n) throw new Error('insufficient');
  await db.none('UPDATE accounts SET balance = $1 WHERE id = $2', [acc.balance - n, id]); // RACE: lost-update
}
export async function withdrawInTx(id: number, n: number) {
  return db.tx(async (t) => {
    const acc = await t.one('SELECT balance FROM accounts WHERE id = $1', [id]);
    if (acc.balance < n) throw new Error('insufficient');
    await t.none('UPDATE accounts SET balance = $1 WHERE id = $2', [acc.balance - n, id]); // RACE: lost-update
  });
}
