import * as admin from 'firebase-admin';
admin.initializeApp();
const db = admin.firestore();
export async function rsvp(eventId: string, uid: string) {
  const ref = db.collection('events').doc(eventId);
  const snap = await ref.get();
  const going: string[] = snap.data()!.going;
  if (going.length >= snap.data()!.capacity) throw new Error('full');
  await ref.update({ going: [...going, uid] }); // RACE: lost-update
}
export async function take(name: string, uid: string) {
  const q = await db.collection('names').where('name', '==', name).limit(1).get();
  if (!q.empty) throw new Error('taken');
  await db.collection('names').add({ name, uid }); // RACE: check-then-act
}
export async function visit(page: string) {
  const ref = admin.database().ref(`visits/${page}`);
  const n = (await ref.once('value')).val() ?? 0;
  await ref.set(n + 1); // RACE: lost-update
}
