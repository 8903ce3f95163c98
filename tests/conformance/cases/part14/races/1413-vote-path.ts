import { db } from './mongo';
export async function vote(slug: string, option: string) {
  const poll = await db.collection('polls').findOne({ slug });
  if (!poll) throw new Error('no poll');
  await db.collection('polls').updateOne({ slug }, { $set: { [`tally.${option}`]: poll.tally[option] + 1 } }); // RACE: lost-update
}
