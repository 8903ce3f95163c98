import { initializeApp } from 'firebase-admin/app';
import { getFirestore } from 'firebase-admin/firestore';
import { onRequest } from 'firebase-functions/v2/https';

initializeApp();
const db = getFirestore();

interface EventDoc {
  title: string;
  places: number;
}

async function book(eventId: string): Promise<number | null> {
  const ref = db.collection('events').doc(eventId);
  const snapshot = await ref.get();
  const event = snapshot.data() as EventDoc | undefined;
  if (!event || event.places === 0) return null;
  await ref.update({ places: event.places - 1 }); // RACE: lost-update
  return event.places - 1;
}

export const bookPlace = onRequest(async (req, res) => {
  const left = await book(String(req.body.eventId));
  if (left === null) {
    res.status(409).json({ error: 'full' });
    return;
  }
  res.json({ left });
});
