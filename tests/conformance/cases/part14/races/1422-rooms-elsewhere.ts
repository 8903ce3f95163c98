import { db } from './firebase';
export async function join(id: string, uid: string) {
  const snap = await db.collection('rooms').doc(id).get();
  const members = snap.data().members;
  if (members.length >= 4) throw new Error('full');
  await db.collection('rooms').doc(id).update({ members: [...members, uid] }); // RACE: lost-update
}
