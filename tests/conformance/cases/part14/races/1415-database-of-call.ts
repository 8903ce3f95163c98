import { getDb } from './mongo';
export async function spend(userId: string, n: number) {
  const db = await getDb();
  const w = await db.collection('wallets').findOne({ userId });
  if (w.balance < n) throw new Error('insufficient');
  await db.collection('wallets').updateOne({ userId }, { $inc: { balance: -n } }); // RACE: check-then-act
}
