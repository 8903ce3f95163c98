import * as admin from 'firebase-admin';
admin.initializeApp();
const db = admin.firestore();
export async function rsvp(eventId: string, uid: string) {
  const ref = db.collection('events').doc(eventId);
  await db.runTransaction(async (tx) => {
    const snap = await tx.get(ref);
    const going: string[] = snap.data()!.going;
    if (going.length >= snap.data()!.capacity) throw new Error('full');
    tx.update(ref, { going: [...going, uid] });
  });
}
export async function tag(id: string, label: string) {
  await db.collection('notes').doc(id).update({ tags: admin.firestore.FieldValue.arrayUnion(label), edits: admin.firestore.FieldValue.increment(1) });
}
export async function visit(page: string) {
  await admin.database().ref(`visits/${page}`).transaction((n) => (n ?? 0) + 1);
}
