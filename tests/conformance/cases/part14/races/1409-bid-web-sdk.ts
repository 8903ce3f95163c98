import { getFirestore, doc, getDoc, updateDoc } from 'firebase/firestore';
const db = getFirestore();
export async function bid(auctionId: string, amount: number, uid: string) {
  const ref = doc(db, 'auctions', auctionId);
  const snap = await getDoc(ref);
  if (!snap.exists()) throw new Error('no auction');
  if (amount <= snap.data()!.highest) throw new Error('too low');
  await updateDoc(ref, { highest: amount, bidder: uid }); // RACE: check-then-act
}
